// Checks every frame that clients of this process send and receive over Socket.IO against the API document of the
// application they talk to. A frame that the document does not allow fails the test.

import { Manager } from 'socket.io-client';
import { isRecord } from '../../libs/jira/src/core/support/is-record.js';
import { faultsOfFrame, type JudgedApp, type JudgedFrame } from './frame-judge.js';
import type { Recorder } from './recording.js';

/** Packet types of socket.io-parser. */
const CONNECT = 0;
const EVENT = 2;
const ACK = 3;
/** Frames are judged after the test, so as not to slow it down, or earlier if this many are held. */
const MAX_HELD = 50_000;

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

class FrameRecorder implements Recorder {
  private readonly apps = new Map<string, JudgedApp>();
  /** Connections that speak the protocol, each with the requests that await an answer. */
  private readonly waiting = new WeakMap<object, Map<string, unknown>>();
  private readonly held: JudgedFrame[] = [];
  private readonly faults = new Set<string>();

  watch(app: JudgedApp): void {
    this.apps.set(new URL(app.url).port, app);
  }

  sentPacket(wire: Wire, { type, nsp, id, data }: Packet): void {
    if (type === CONNECT && isRecord(data) && data['jira'] === 2) this.waiting.set(wire, new Map());
    if (type !== EVENT) return;
    const [event, payload] = data as [string, unknown];
    this.sent(wire, event, payload, id === undefined ? undefined : `${nsp} ack ${id}`);
  }

  receivedPacket(wire: Wire, { type, nsp, id, data }: Packet): void {
    if (type === ACK) this.answered(wire, wire.uri, `${nsp} ack ${id}`, (data as unknown[])[0]);
    if (type !== EVENT) return;
    const [event, payload] = data as [string, unknown];
    this.received(wire, wire.uri, event, payload);
  }

  /** @param key identifies the acknowledgement that the frame asks for */
  sent(wire: object, event: string, payload: unknown, key?: string): void {
    const requests = this.waiting.get(wire);
    if (key !== undefined) requests?.set(key, { event, payload });
    if (isRecord(payload)) requests?.set(keyOf(event, payload), payload);
  }

  received(wire: object, url: string, event: string, frame: unknown): void {
    const requests = this.waiting.get(wire);
    if (requests) this.hold(url, event, frame, isRecord(frame) ? requests.get(keyOf(event, frame)) : undefined);
  }

  private answered(wire: object, url: string, key: string, frame: unknown): void {
    const asked = this.waiting.get(wire)?.get(key) as { event: string; payload: unknown } | undefined;
    if (asked) this.hold(url, asked.event, frame, asked.payload);
  }

  private hold(url: string, event: string, frame: unknown, request: unknown): void {
    const app = this.apps.get(new URL(url).port);
    if (!app) return;
    this.held.push({ app, event, frame, request });
    if (this.held.length >= MAX_HELD) this.judge();
  }

  end(): void {
    this.judge();
    const faults = [...this.faults];
    this.faults.clear();
    if (faults.length > 0) throw new Error(`${faults.length} frames that the document does not allow:\n${faults.slice(0, 5).join('\n')}`); // prettier-ignore
  }

  private judge(): void {
    for (const frame of this.held.splice(0)) for (const fault of faultsOfFrame(frame)) this.faults.add(fault);
  }
}

function keyOf(event: string, { requestId }: Record<string, unknown>): string {
  return `${event} ${typeof requestId === 'string' ? requestId : ''}`;
}

const wire = Manager.prototype as unknown as Wire;

export function startRecording(): Recorder {
  const recorder = new FrameRecorder();
  wrap('_packet', (one, packet) => recorder.sentPacket(one, packet));
  wrap('ondecoded', (one, packet) => recorder.receivedPacket(one, packet));
  return recorder;
}

function wrap(method: '_packet' | 'ondecoded', look: (wire: Wire, packet: Packet) => void): void {
  const original = wire[method];
  wire[method] = function (this: Wire, packet): void {
    look(this, packet);
    original.call(this, packet);
  };
}
