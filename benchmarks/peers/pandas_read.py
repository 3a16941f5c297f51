"""The notebook's lines in pandas: read the dump, keep users with enough rows, scale, encode, shuffle.

    python pandas_read.py RATINGS.csv MIN_RATINGS

MIN_RATINGS is 400 in the notebook. Prints one JSON object.
"""

import json
import sys
import time

import numpy as np
import pandas as pd

path, min_ratings = sys.argv[1], int(sys.argv[2])
start, cpu_start = time.perf_counter(), time.process_time()
rating_df = pd.read_csv(path, low_memory=False, usecols=["user_id", "anime_id", "rating"])
n_ratings = rating_df["user_id"].value_counts()
rating_df = rating_df[rating_df["user_id"].isin(n_ratings[n_ratings >= min_ratings].index)].copy()
low, high = min(rating_df["rating"]), max(rating_df["rating"])
rating_df["rating"] = rating_df["rating"].apply(lambda x: (x - low) / (high - low)).values.astype(np.float64)
duplicates = rating_df.duplicated()
if duplicates.sum() > 0:
    rating_df = rating_df[~duplicates]
user_ids = rating_df["user_id"].unique().tolist()
user2user_encoded = {x: i for i, x in enumerate(user_ids)}
rating_df["user"] = rating_df["user_id"].map(user2user_encoded)
anime_ids = rating_df["anime_id"].unique().tolist()
anime2anime_encoded = {x: i for i, x in enumerate(anime_ids)}
rating_df["anime"] = rating_df["anime_id"].map(anime2anime_encoded)
rating_df = rating_df.sample(frac=1, random_state=73)
print(
    json.dumps(
        {
            "seconds": time.perf_counter() - start,
            "cpu_seconds": time.process_time() - cpu_start,
            "n_rows": len(rating_df),
            "pandas": pd.__version__,
        }
    )
)
