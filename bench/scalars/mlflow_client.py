"""
Logs four scalars of each step with MLflow's own client, and prints what is measured of it: `cpu` into SQLite, in
nanoseconds for each scalar; `memory` in bytes for each point that waits in its queue; `wire` and `gzip` in bytes for
1,000 points. The values are those of the other ways, in bench/scalar-child.ts.
"""

import gc
import gzip
import json
import math
import sys
import tempfile
import time
import tracemalloc

from mlflow.entities import Metric
from mlflow.tracking import MlflowClient

from mlflow_receiver import Receiver

names = ["train/loss", "train/lr", "train/grad_norm", "val/accuracy"]
per_batch = 250


def metrics_of(steps):
    return [
        Metric(name, value, 1_700_000_000_000 + step, step)
        for step in steps
        for name, value in zip(names, [math.sin(step) + 1, step * 1e-6, math.cos(step) * 10, 1 - 1 / (step + 1)])
    ]


def prove(kept, steps):
    expected = steps * len(names)
    if kept != expected:
        sys.exit(f"Error: {kept} of {expected} scalars are there")


def cpu(steps):
    def log(first, last):
        for start in range(first, last, per_batch):
            client.log_batch(run, metrics=metrics_of(range(start, min(start + per_batch, last))))

    with tempfile.TemporaryDirectory() as folder:
        client = MlflowClient(tracking_uri=f"sqlite:///{folder}/mlflow.db")
        run = client.create_run(client.create_experiment("bench")).info.run_id
        log(0, per_batch)
        before = time.process_time_ns()
        log(per_batch, per_batch + steps)
        spent = time.process_time_ns() - before
        prove(sum(len(client.get_metric_history(run, name)) for name in names), per_batch + steps)
    return spent / (steps * len(names))


def memory(steps):
    """A call for each step, while the server takes what comes and does not answer."""

    def used():
        for _ in range(3):
            gc.collect()
        return tracemalloc.get_traced_memory()[0]

    with Receiver() as receiver:
        client = MlflowClient(tracking_uri=receiver.url)
        shared = math.ceil(steps / 10)
        receiver.hold()
        tracemalloc.start()
        for step in range(shared):
            client.log_batch("run", metrics=metrics_of([step]), synchronous=False)
        receiver.wait_for_request()
        before = used()
        for step in range(shared, steps):
            client.log_batch("run", metrics=metrics_of([step]), synchronous=False)
        after = used()
        tracemalloc.stop()
        answered = receiver.answered
        receiver.release()
        receiver.wait_for_points(steps * len(names))
        if answered > 0:
            sys.exit(f"Error: {answered} requests were answered while everything was to wait")
        prove(receiver.points, steps)
    return (after - before) / ((steps - shared) * len(names))


def wire(compress):
    with Receiver() as receiver:
        client = MlflowClient(tracking_uri=receiver.url)
        client.log_batch("run", metrics=metrics_of(range(per_batch)))
        prove(receiver.points, per_batch)
        if len(receiver.bodies) != 1:
            sys.exit(f"Error: {len(receiver.bodies)} requests instead of one")
        # As zlib does in Node by default.
        return len(gzip.compress(receiver.bodies[0], compresslevel=6) if compress else receiver.bodies[0])


measure, steps = sys.argv[1], int(sys.argv[2])
if measure in ("cpu", "memory"):
    value = (cpu if measure == "cpu" else memory)(steps)
else:
    value = wire(compress=measure == "gzip")
print(json.dumps({"value": value}))
