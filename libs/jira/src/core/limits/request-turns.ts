// Shares the event loop: while requests arrive faster than they finish, the oldest of each party begins in rotation.

import { Injectable } from '@nestjs/common';
import { WaitingRequest, type Begin, type Party } from './party.js';

/** Requests that begin at once in one turn of the loop. One chunk of a socket may hold more: the rest waits for other sockets. */
const AT_ONCE = 64;
/** After this time sockets are read again. */
const TURN_MS = 10;

const afterSockets = setImmediate;

/** Decides when requests begin, not how long they run: a request that waits for I/O holds nobody back. */
@Injectable()
export class RequestTurns {
  /** Parties with waiting requests, in the order of their turns. */
  private readonly waiting: Party[] = [];
  private begunInTurn = 0;
  private isTurnSet = false;
  private until = 0;
  private holds = 0;

  /** Whether a request may begin at once. If not, pass it to `wait`. */
  mayBegin(): boolean {
    if (this.waiting.length > 0 || this.holds > 0) return false;
    if (this.begunInTurn === 0) this.until = performance.now() + TURN_MS;
    else if (this.begunInTurn >= AT_ONCE || performance.now() >= this.until) return false;
    this.begunInTurn++;
    this.setTurn();
    return true;
  }

  /** @param begin must not throw */
  wait(party: Party, begin: Begin): void {
    if (party.waiting.push(new WaitingRequest(begin)) === 1) this.waiting.push(party);
    if (this.holds === 0) this.setTurn();
  }

  /** Holds all requests back until `resume` is called, once for each `hold`: something that they all need is overloaded. */
  hold(): void {
    this.holds++;
  }

  resume(): void {
    this.holds--;
    if (this.holds === 0 && this.waiting.length > 0) this.setTurn();
  }

  private setTurn(): void {
    if (this.isTurnSet) return;
    this.isTurnSet = true;
    afterSockets(this.turn);
  }

  private readonly turn = (): void => {
    this.isTurnSet = false;
    this.begunInTurn = 0;
    if (this.waiting.length === 0 || this.holds > 0) return;
    this.setTurn();
    this.until = performance.now() + TURN_MS;
    this.beginOne();
  };

  private readonly beginOne = (): void => {
    if (this.holds > 0) return;
    while (!this.next()?.begin()) if (this.waiting.length === 0) return;
    // By then everything has run that does not wait for I/O: on SQLite, the whole request.
    if (this.waiting.length > 0 && performance.now() < this.until) queueMicrotask(this.afterMicrotasks);
  };

  private readonly afterMicrotasks = (): void => process.nextTick(this.beginOne);

  private next(): WaitingRequest | undefined {
    const party = this.waiting.shift();
    const request = party?.waiting.shift();
    if (party && party.waiting.length > 0) this.waiting.push(party);
    return request;
  }
}
