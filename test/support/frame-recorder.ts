// Holds every frame that a Socket.IO client of this process sends and receives against the document of the application it
// talks to: FRAMES=check npx vitest run test/requests/crud.test.ts

import { JiraModule } from 'nestjs-jira';
import { Manager } from 'socket.io-client';
import { afterEach } from 'vitest';
import { DocumentSchemas } from '../document/validator.js';
import { onRecordedApp, type RecordedApp } from './recording.js';
import { isRecord } from '../../libs/jira/src/core/support/is-record.js';

/** Packet types of socket.io-parser. */
const CONNECT = 0;
const EVENT = 2;
const ACK = 3;

interface Packet {
  readonly type: number;
  readonly nsp: string;
  readonly id?: number;
  readonly data?: unknown;
}

interface Wire {
  readonly uri: string;
  _packet(packet: Packet): void;
  ondecoded(packet: Packet): void;
}

interface Request {
  readonly event: string;
  readonly payload: unknown;
}

class FrameRecorder {
  private readonly apps = new Map<string, { readonly app: RecordedApp; schemas?: DocumentSchemas }>();
  /** Connections that speak the protocol, and what each waits for. */
  private readonly waiting = new WeakMap<object, Map<string, Request>>();
  readonly faults: string[] = [];
  frames = 0;

  watch(app: RecordedApp): void {
    this.apps.set(new URL(app.url).port, { app });
  }

  sent(wire: Wire, { type, nsp, id, data }: Packet): void {
    if (type === CONNECT && isRecord(data) && data['jira'] === 2) this.waiting.set(wire, new Map());
    if (type !== EVENT) return;
    const [event, payload] = data as [string, unknown];
    const requests = this.waiting.get(wire);
    if (id !== undefined) requests?.set(`${nsp} ack ${id}`, { event, payload });
    if (isRecord(payload)) requests?.set(`${event} ${String(payload['requestId'])}`, { event, payload });
  }

  received(wire: Wire, { type, nsp, id, data }: Packet): void {
    const requests = this.waiting.get(wire);
    if (!requests) return;
    if (type === ACK) {
      const request = requests.get(`${nsp} ack ${id}`);
      if (request) this.judge(wire, request.event, (data as unknown[])[0], request);
    } else if (type === EVENT) {
      const [event, payload] = data as [string, unknown];
      const requestId = isRecord(payload) ? String(payload['requestId']) : '';
      this.judge(wire, event, payload, requests.get(`${event} ${requestId}`));
    }
  }

  private judge(wire: Wire, event: string, frame: unknown, request: Request | undefined): void {
    const known = this.apps.get(new URL(wire.uri).port);
    if (!known) return;
    const { document, faults } = this.schemasOf(known);
    const channels = Object.entries(document.channels).filter(([, { address }]) => address === event);
    if (channels.length === 0) return; // an event of the application's own
    this.frames += 1;
    const paths = (names: (name: string) => boolean): string[] =>
      channels.flatMap(([channel, { messages }]) => Object.keys(messages).filter(names).map((name) => pathOf(document, channel, name))); // prettier-ignore
    const valid = (value: unknown, among: readonly string[]): string[] => {
      const all = among.map((path) => ({ path, found: faults(path, value) }));
      return all.some(({ found }) => found.length === 0) ? [] : all.map(({ path, found }) => `${path}: ${found.join('; ')}`); // prettier-ignore
    };
    const isAnswer = (name: string): boolean => /(^|\.)answer$|^(change|error|event)$/.test(name);
    this.note('out', event, frame, valid(frame, paths(isAnswer)));
    const isDone = isRecord(frame) && typeof frame['status'] === 'number' && frame['status'] < 400;
    if (request && isDone) this.note('in', event, request.payload, valid(request.payload, paths((name) => !isAnswer(name) || name === 'event'))); // prettier-ignore
  }

  private note(way: string, event: string, frame: unknown, found: readonly string[]): void {
    if (found.length > 0) this.faults.push(`${way} "${event}" ${JSON.stringify(frame)}\n    ${found.join('\n    ')}`);
  }

  private schemasOf(known: { readonly app: RecordedApp; schemas?: DocumentSchemas }): Judge {
    const schemas = (known.schemas ??= new DocumentSchemas(JiraModule.document(known.app)));
    return { document: schemas.document, faults: (path, value) => schemas.faults(path, value) };
  }
}

interface Judge {
  readonly document: DocumentSchemas['document'];
  readonly faults: DocumentSchemas['faults'];
}

/** The messages of refusals are shared by all channels. */
function pathOf(document: Judge['document'], channel: string, name: string): string {
  const message = document.channels[channel]?.messages[name];
  return typeof message?.['$ref'] === 'string' ? `${message['$ref'].slice(2)}/payload` : `channels/${channel}/messages/${name}/payload`; // prettier-ignore
}

/** Judges from now on, and fails each test in which a frame was found that the document does not allow. */
export function startRecording(): void {
  const own = new FrameRecorder();
  onRecordedApp((app) => own.watch(app));
  const prototype = Manager.prototype as unknown as Wire;
  wrap(prototype, '_packet', (wire, packet) => own.sent(wire, packet));
  wrap(prototype, 'ondecoded', (wire, packet) => own.received(wire, packet));
  afterEach(() => {
    const faults = own.faults.splice(0);
    if (faults.length > 0) throw new Error(`${faults.length} frames that the document does not allow:\n${[...new Set(faults)].slice(0, 5).join('\n')}`); // prettier-ignore
  });
}

function wrap(prototype: Wire, method: '_packet' | 'ondecoded', look: (wire: Wire, packet: Packet) => void): void {
  const original = prototype[method];
  prototype[method] = function (this: Wire, packet): void {
    look(this, packet);
    original.call(this, packet);
  };
}
