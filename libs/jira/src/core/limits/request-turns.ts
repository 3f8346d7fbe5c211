// The event loop by turns: while requests come faster than they are done, each party's oldest begins in rotation.

import { Injectable } from '@nestjs/common';
import { WaitingRequest, type Begin, type Party } from './party.js';

/** Requests that begin at once in one turn of the loop: more are in the same chunk of a socket, and wait for the others' chunks. */
const AT_ONCE = 64;
/** After this time sockets are read again. */
const TURN_MS = 10;

const afterSockets = setImmediate;

/** Decides when requests begin, not how long they run: one that waits for something else holds nobody back. */
@Injectable()
export class RequestTurns {
  /** Those with requests that wait, in the order of their turns. */
  private readonly waiting: Party[] = [];
  private begunInTurn = 0;
  private isTurnSet = false;
  private until = 0;
  private holds = 0;

  /** Whether a request may begin at once. One that may not goes to `wait`. */
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

  /** Lets none begin until the same number of calls of `resume`: what all of them need is crowded. */
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
    // By then all has run that has nothing to wait for: on SQLite, the whole request.
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
