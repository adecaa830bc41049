/** The versions that are built here and that stand in `docker-compose.yml`; a test compares the two. */
export const versions = {
  collector: '0.159.0',
  /** v2 of Jaeger as the last tag of its v1 module holds it; later tags do not fit the rules for module paths. */
  jaeger: '2.13.0',
  jaegerModule: '1.76.0',
  prometheus: '3.14.0',
  /** Prometheus counts its module as 0.x: v3.14.0 is v0.314.0. */
  prometheusModule: '0.314.0',
  alertmanager: '0.33.1',
  composeGo: '2.16.2',
  /** What Grafana publishes of its HTTP API as Go; it has no releases. */
  grafanaModels: '0.0.0-20260330113218-ee77c4f6f90e',
  /** From PyPI, as the next ones. */
  tensorboard: '2.21.0',
  mlflow: '3.17.2',
  wandb: '0.31.0',
} as const
