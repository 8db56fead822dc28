/** The metrics of this process, as Prometheus reads them; the only file that imports its client. */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { METRICS, type Meters, type Metric, type MetricName } from '../../domain/metrics.ts';

export interface MetricRegistry extends Meters {
  /** Takes back what a gauge shows, under all its labels: it is not known any more. */
  forget(name: MetricName): void;
  /** All metrics in the text format of Prometheus, and its content type. */
  text(): Promise<{ type: string; text: string }>;
  /** Names of all there are, those of Node's own process included. */
  names(): string[];
}

/** Empty, but for what Prometheus' client tells of any process of Node: `process_…`, `nodejs_…`. */
export function createRegistry(): MetricRegistry {
  const register = new Registry();
  collectDefaultMetrics({ register });
  const counters = new Map<string, Counter>();
  const gauges = new Map<string, Gauge>();
  const histograms = new Map<string, Histogram>();
  for (const [name, metric] of Object.entries<Metric>(METRICS)) {
    const { kind, help, buckets } = metric;
    const common = { name, help, labelNames: [...metric.labels], registers: [register] };
    if (kind === 'counter') counters.set(name, new Counter(common));
    if (kind === 'gauge') gauges.set(name, new Gauge(common));
    if (kind === 'histogram') {
      histograms.set(name, new Histogram({ ...common, buckets: [...(buckets ?? [])] }));
    }
  }
  /** Its own reset would have one without labels show 0. */
  function forget(name: MetricName): void {
    const gauge = gauges.get(name);
    if (METRICS[name].labels.length === 0) gauge?.remove();
    else gauge?.reset();
  }
  const names = Object.keys(METRICS) as MetricName[];
  for (const name of names) forget(name);
  return {
    count: (name, labels, by = 1) => counters.get(name)?.inc(labels, by),
    observe: (name, labels, value) => histograms.get(name)?.observe(labels, value),
    set: (name, labels, value) => gauges.get(name)?.set(labels, value),
    forget,
    text: async () => ({ type: register.contentType, text: await register.metrics() }),
    names: () => register.getMetricsAsArray().map(({ name }) => name),
  };
}
