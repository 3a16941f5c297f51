"""Counts and times of requests, in the text format of Prometheus."""

import resource
import sys
import time
from collections import defaultdict

BUCKETS_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
# Litestar adds the character set.
CONTENT_TYPE = "text/plain; version=0.0.4"


class Metrics:
    """Counts of one worker process, without addresses, ids or lists."""

    def __init__(self) -> None:
        self._start = time.time()
        self._counts: defaultdict[tuple[str, str, int], int] = defaultdict(int)
        self._buckets: defaultdict[str, list[int]] = defaultdict(lambda: [0] * (len(BUCKETS_SECONDS) + 1))
        self._sums: defaultdict[str, float] = defaultdict(float)
        self.n_open = 0
        self.n_connections = 0
        self.n_closed = 0

    def count(self, method: str, endpoint: str, status: int, seconds: float) -> None:
        """Count a request that was answered."""
        self._counts[method, endpoint, status] += 1
        self._sums[endpoint] += seconds
        buckets = self._buckets[endpoint]
        for index, limit in enumerate(BUCKETS_SECONDS):
            if seconds <= limit:
                buckets[index] += 1
                return
        buckets[-1] += 1

    def text(self, *, generation: int, n_users: int, n_items: int) -> str:
        """The metrics so far."""
        lines = [
            "# HELP konomi_requests_total Requests answered.",
            "# TYPE konomi_requests_total counter",
        ]
        for (method, endpoint, status), count in sorted(self._counts.items()):
            lines.append(
                f'konomi_requests_total{{method="{method}",endpoint="{endpoint}",status="{status}"}} {count}'
            )
        lines += [
            "# HELP konomi_request_seconds Time from the headers to the last byte of the answer.",
            "# TYPE konomi_request_seconds histogram",
        ]
        for endpoint, buckets in sorted(self._buckets.items()):
            total = 0
            for limit, count in zip((*BUCKETS_SECONDS, "+Inf"), buckets, strict=True):
                total += count
                lines.append(f'konomi_request_seconds_bucket{{endpoint="{endpoint}",le="{limit}"}} {total}')
            lines.append(f'konomi_request_seconds_sum{{endpoint="{endpoint}"}} {self._sums[endpoint]:.6f}')
            lines.append(f'konomi_request_seconds_count{{endpoint="{endpoint}"}} {total}')
        usage = resource.getrusage(resource.RUSAGE_SELF)
        # Linux counts kibibytes, macOS bytes.
        most_bytes = usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)
        for name, kind, text, value in (
            ("konomi_requests_open", "gauge", "Requests under way.", self.n_open),
            ("konomi_connections_open", "gauge", "Connections at the last look.", self.n_connections),
            (
                "konomi_connections_closed_total",
                "counter",
                "Waiting connections that were closed.",
                self.n_closed,
            ),
            ("konomi_artifact_generation", "gauge", "Artifacts taken up since the start.", generation),
            ("konomi_users", "gauge", "Users of the model.", n_users),
            ("konomi_items", "gauge", "Items of the model.", n_items),
            ("process_start_time_seconds", "gauge", "When the process started.", f"{self._start:.3f}"),
            ("process_cpu_seconds_total", "counter", "CPU time.", f"{usage.ru_utime + usage.ru_stime:.3f}"),
            ("process_max_resident_memory_bytes", "gauge", "Most resident memory so far.", most_bytes),
        ):
            lines += [f"# HELP {name} {text}", f"# TYPE {name} {kind}", f"{name} {value}"]
        return "\n".join(lines) + "\n"
