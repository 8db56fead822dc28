/** Traces by OpenTelemetry; the only file that imports it, and loaded only where they are configured. */
import { context, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { defaultResource, resourceFromAttributes } from '@opentelemetry/resources';
import {
  AlwaysOnSampler,
  BatchSpanProcessor,
  NodeTracerProvider,
  ParentBasedSampler,
  type Sampler,
  SamplingDecision,
} from '@opentelemetry/sdk-trace-node';
import type { Telemetry } from 'bullmq';
import { BullMQOtel } from 'bullmq-otel';
import type { Span } from '../../domain/spans.ts';

export interface Tracing {
  /** For queues and workers: a job goes on with the trace in which it was queued. */
  telemetry: Telemetry;
  span: Span;
  /** Sends what is left, for as long as a collector may take. */
  close(): Promise<void>;
}

const NAME = 'conda-ferry';
/** Milliseconds that the last spans are waited for at the end of a process. */
const FAREWELL_LIMIT_MS = 2_000;

/** `endpoint`: of a collector that takes OTLP over HTTP, `http://127.0.0.1:4318`. */
export function startTracing({
  endpoint,
  version,
}: {
  endpoint: string;
  version: string;
}): Tracing {
  const exporter = new OTLPTraceExporter({ url: `${endpoint.replace(/\/+$/, '')}/v1/traces` });
  const own = { 'service.name': NAME, 'service.version': version };
  const provider = new NodeTracerProvider({
    resource: defaultResource().merge(resourceFromAttributes(own)),
    sampler: new ParentBasedSampler({ root: OF_SOMEBODY }),
    spanProcessors: [new BatchSpanProcessor(exporter)],
  });
  provider.register();
  const tracer = trace.getTracer(NAME, version);
  return {
    telemetry: new BullMQOtel({ tracerName: NAME, version }),
    span(name, attributes, work) {
      const isWithin = trace.getSpan(context.active()) !== undefined;
      const kind = isWithin ? SpanKind.INTERNAL : SpanKind.SERVER;
      return tracer.startActiveSpan(name, { kind, attributes }, async (span) => {
        try {
          return await work();
        } catch (error) {
          const message = error instanceof Error ? error.name : 'error';
          // What an error says may quote what nobody should read there.
          span.setStatus({ code: SpanStatusCode.ERROR, message });
          throw error;
        } finally {
          span.end();
        }
      });
    },
    async close() {
      const late = new Promise<void>((resolve) => {
        setTimeout(resolve, FAREWELL_LIMIT_MS).unref();
      });
      await Promise.race([provider.shutdown().catch(() => {}), late]);
    },
  };
}

const ALWAYS = new AlwaysOnSampler();

/** A trace begins with a command or a job; what a queue does again and again for itself is none. */
const OF_SOMEBODY: Sampler = {
  shouldSample: (...[, , , kind]) =>
    kind === SpanKind.INTERNAL ? { decision: SamplingDecision.NOT_RECORD } : ALWAYS.shouldSample(),
  toString: () => 'of somebody',
};
