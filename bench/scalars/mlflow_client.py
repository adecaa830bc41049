"""Logs four scalars of each step with MLflow's own client, into SQLite, and prints the CPU time that one takes."""

import json
import sys
import tempfile
import time

from mlflow.entities import Metric
from mlflow.tracking import MlflowClient

steps = int(sys.argv[1])
names = ["train/loss", "train/accuracy", "train/lr", "train/grad_norm"]
per_batch = 250


def log(client, run, first, last):
    for start in range(first, last, per_batch):
        chosen = range(start, min(start + per_batch, last))
        metrics = [Metric(name, step / 7, 1_700_000_000_000 + step, step) for step in chosen for name in names]
        client.log_batch(run, metrics=metrics)


with tempfile.TemporaryDirectory() as folder:
    client = MlflowClient(tracking_uri=f"sqlite:///{folder}/mlflow.db")
    run = client.create_run(client.create_experiment("bench")).info.run_id
    log(client, run, 0, per_batch)
    before = time.process_time_ns()
    log(client, run, per_batch, per_batch + steps)
    spent = time.process_time_ns() - before
    kept = sum(len(client.get_metric_history(run, name)) for name in names)
    expected = (steps + per_batch) * len(names)
    if kept != expected:
        sys.exit(f"Error: {kept} of {expected} scalars are there")
    print(json.dumps({"value": spent / (steps * len(names))}))
