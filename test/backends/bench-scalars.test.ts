import { expect, test } from 'vitest'
import { runScalar } from '../../bench/run-scalar.js'
import { programs } from '../../scripts/backends/programs.js'
import { usePrograms } from './support/use-stack.js'

usePrograms(programs.mlflow)

test.each(['scalar-mlflow', 'scalar-memory-mlflow', 'scalar-bytes-mlflow', 'scalar-gzip-mlflow'])(
  "a run of the benchmark of %s gives a figure, and everything that MLflow's client logged is there",
  async (name) => {
    expect(await runScalar(name, 2_000)).toBeGreaterThan(0)
  },
)
