"""The notebook's path: pandas reads and prepares, Keras trains one epoch.

    python notebook.py RATINGS.csv MIN_RATINGS BATCHES

Only so many batches of 10,000 rows are trained (after one that is not counted) and scaled to the epoch: each costs
the same. Prints one JSON object; "seconds" is reading plus one scaled epoch.
"""

import json
import os
import sys
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import pandas as pd

BATCH, DIM = 10_000, 128
path, min_ratings, n_batches = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
start, cpu_start = time.perf_counter(), time.process_time()
rating_df = pd.read_csv(path, low_memory=False, usecols=["user_id", "anime_id", "rating"])
n_ratings = rating_df["user_id"].value_counts()
rating_df = rating_df[rating_df["user_id"].isin(n_ratings[n_ratings >= min_ratings].index)].copy()
low, high = min(rating_df["rating"]), max(rating_df["rating"])
rating_df["rating"] = rating_df["rating"].apply(lambda x: (x - low) / (high - low)).values.astype(np.float64)
duplicates = rating_df.duplicated()
if duplicates.sum() > 0:
    rating_df = rating_df[~duplicates]
user2user_encoded = {x: i for i, x in enumerate(rating_df["user_id"].unique().tolist())}
rating_df["user"] = rating_df["user_id"].map(user2user_encoded)
anime2anime_encoded = {x: i for i, x in enumerate(rating_df["anime_id"].unique().tolist())}
rating_df["anime"] = rating_df["anime_id"].map(anime2anime_encoded)
rating_df = rating_df.sample(frac=1, random_state=73)
x = [rating_df["user"].to_numpy(), rating_df["anime"].to_numpy()]
y = rating_df["rating"].to_numpy()
read_seconds, read_cpu = time.perf_counter() - start, time.process_time() - cpu_start

user = keras.layers.Input(name="user", shape=[1])
anime = keras.layers.Input(name="anime", shape=[1])
user_vector = keras.layers.Embedding(input_dim=len(user2user_encoded), output_dim=DIM)(user)
anime_vector = keras.layers.Embedding(input_dim=len(anime2anime_encoded), output_dim=DIM)(anime)
out = keras.layers.Dot(normalize=True, axes=2)([user_vector, anime_vector])
out = keras.layers.Flatten()(out)
out = keras.layers.Dense(1, kernel_initializer="he_normal")(out)
out = keras.layers.BatchNormalization()(out)
out = keras.layers.Activation("sigmoid")(out)
model = keras.Model(inputs=[user, anime], outputs=out)
model.compile(loss="binary_crossentropy", metrics=["mae", "mse"], optimizer="Adam")


def train(first: int, last: int) -> None:
    part = slice(first * BATCH, last * BATCH)
    model.fit(x=[one[part] for one in x], y=y[part], batch_size=BATCH, epochs=1, verbose=0)


train(0, 1)
start, cpu_start = time.perf_counter(), time.process_time()
train(1, 1 + n_batches)
scale = len(y) / (min(n_batches * BATCH, max(len(y) - BATCH, 1)))
epoch_seconds, epoch_cpu = (time.perf_counter() - start) * scale, (time.process_time() - cpu_start) * scale
print(
    json.dumps(
        {
            "seconds": read_seconds + epoch_seconds,
            "cpu_seconds": read_cpu + epoch_cpu,
            "read_seconds": read_seconds,
            "epoch_seconds": epoch_seconds,
            "n_rows": len(y),
            "n_users": len(user2user_encoded),
            "pandas": pd.__version__,
            "keras": keras.__version__,
        }
    )
)
