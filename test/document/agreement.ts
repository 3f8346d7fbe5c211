// Whether the server refuses exactly what the document's schema does not allow, one value or many random ones.

import fc from 'fast-check';
import { expect } from 'vitest';
import type { AsyncApiDocument } from 'nestjs-jira';
import type { TestClient } from '../support/app.js';
import { seedOf } from '../support/seed.js';
import { mutated, valuesOf, type Schema } from './schema-arbitrary.js';
import { DocumentSchemas, rewritten, withoutLenient } from './validator.js';

export interface Asked {
  /** As the document names it. */
  readonly channel: string;
  readonly action: string;
  readonly method: 'GET' | 'POST';
  readonly part: 'data' | 'query';
  /** Messages of refusals that no schema can know of. */
  readonly unless?: RegExp;
}

export type Verdict = 'taken' | 'refused' | 'uncertain';

/** Fewer than the malformed frames that a connection may send. */
const CALLS_A_CLIENT = 40;

export class Agreement {
  private readonly schemas: DocumentSchemas;
  /** The same without what a schema says less of than the server checks. */
  private readonly certain: DocumentSchemas;

  private judged = 0;

  /** @param renew another client, where a server ends connections that send too much that is malformed */
  constructor(
    document: AsyncApiDocument,
    private client: TestClient,
    private readonly renew?: () => Promise<TestClient>,
  ) {
    this.schemas = new DocumentSchemas(withoutLenient(document));
    this.certain = new DocumentSchemas(rewritten(this.schemas.document, (one) => ('x-validators' in one || 'x-unknown' in one ? { not: {} } : undefined))); // prettier-ignore
  }

  channelsWith(action: string): string[] {
    const { operations } = this.schemas.document;
    return Object.keys(operations).filter((name) => name.endsWith(`.${action}`)).map((name) => name.slice(0, -action.length - 1)); // prettier-ignore
  }

  /** @throws if server and schema differ */
  async judge({ channel, action, method, part, unless }: Asked, value: unknown): Promise<Verdict> {
    const path = `channels/${channel}/messages/${action}/payload`;
    const frame = { requestId: '1', method, action, [part]: value };
    const faults = this.schemas.faults(path, frame);
    if (faults.length === 0 && this.certain.faults(path, frame).length > 0) return 'uncertain';
    const namespace = this.schemas.document.channels[channel]?.address ?? '';
    if (this.renew && ++this.judged % CALLS_A_CLIENT === 0) {
      this.client.close();
      this.client = await this.renew();
    }
    const { status, data } = await this.client.call(namespace, action, method, { [part]: value });
    const isRefused = status === 400;
    if (isRefused && faults.length === 0 && unless?.test(JSON.stringify(data))) return 'uncertain';
    expect({ isRefused, answer: isRefused ? data : null, faults }).toMatchObject({ isRefused: faults.length > 0 });
    return isRefused ? 'refused' : 'taken';
  }

  async fuzz(asked: Asked, numRuns: number): Promise<void> {
    const message = this.schemas.document.channels[asked.channel]?.messages[asked.action] as { payload: { properties: Record<string, Schema> } }; // prettier-ignore
    const schema = message.payload.properties[asked.part] ?? {};
    const property = fc.asyncProperty(mutated(valuesOf(schema, (one) => this.resolve(one))), async (value) => {
      await this.judge(asked, value);
    });
    await fc.assert(property, { numRuns, seed: seedOf('FUZZ_SEED') });
  }

  close(): void {
    this.client.close();
  }

  private resolve(schema: Schema): Schema {
    const { $ref } = schema;
    const name = typeof $ref === 'string' ? $ref.slice('#/components/schemas/'.length) : undefined;
    return name === undefined ? schema : (this.schemas.document.components.schemas[name] ?? {});
  }
}
