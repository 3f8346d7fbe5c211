// The guide on Passport and JWT runs, with Passport, @nestjs/jwt and @nestjs/config themselves.

import { Module, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { io } from 'socket.io-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeExamples } from '../support/examples.js';
import { TestClient } from '../support/app.js';

interface Signing {
  sign(payload: object, options?: object): string;
}

const app = await (async () => {
  process.env['JWT_SECRET'] = 'a secret of at least thirty-two characters';
  using examples = writeExamples('docs/jwt.md');
  const { AppModule } = (await import(examples.pathOf('app.module.ts'))) as { AppModule: Type };
  const { LoginModule } = (await import(examples.pathOf('login.module.ts'))) as { LoginModule: Type };
  @Module({ imports: [AppModule, LoginModule] })
  class RootModule {}
  return await NestFactory.create(RootModule, { logger: ['fatal'] });
})();

let url: string;
let jwt: Signing;
beforeAll(async () => {
  await app.listen(0, '127.0.0.1');
  url = await app.getUrl();
  const name = '@nestjs/jwt';
  const { JwtService } = (await import(name)) as { JwtService: Type<Signing> };
  jwt = app.get(JwtService, { strict: false });
});
afterAll(() => app.close());

async function refusal(token: string): Promise<unknown> {
  const socket = io(url, { auth: { jira: 2, token }, transports: ['websocket'], reconnection: false, forceNew: true });
  try {
    return await new Promise((resolve) => {
      socket.once('connect', () => resolve('connected'));
      socket.once('connect_error', (error) => resolve((error as { data?: unknown }).data));
    });
  } finally {
    socket.disconnect();
  }
}

async function connect(token: string): Promise<TestClient> {
  const client = new TestClient(url, { jira: 2, token });
  await client.connected();
  return client;
}

describe('the guide on JWT', () => {
  it('knows the user of a token that JwtService signed', async () => {
    const client = await connect(jwt.sign({ sub: 7, role: 'admin' }));
    expect(await client.call('me', 'read', 'GET')).toMatchObject({ status: 200, data: { id: 7, role: 'admin' } });
    client.close();
  });

  it('knows the user whom Passport logged in over HTTP, and refuses a wrong password', async () => {
    const logIn = (password: string) =>
      fetch(`${url}/login`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ username: 'ada', password }),
      });
    expect((await logIn('wrong')).status).toBe(401);
    const { token } = (await (await logIn('lovelace')).json()) as { token: string };
    const client = await connect(token);
    expect(await client.call('me', 'read', 'GET')).toMatchObject({ status: 200, data: { id: 1, role: 'admin' } });
    client.close();
  });

  it('ends the session at the exp of the payload that was returned', async () => {
    const client = await connect(jwt.sign({ sub: 7 }, { expiresIn: 2 }));
    await expect
      .poll(() => client.frames)
      .toContainEqual({ event: '$disconnect', frame: { code: 'SESSION_EXPIRED', status: 401 } });
    client.close();
  });

  it('refuses an expired token at the handshake, with its code', async () => {
    expect(await refusal(jwt.sign({ sub: 7 }, { expiresIn: -1 }))).toEqual({ code: 'SESSION_EXPIRED', status: 401 });
  });

  it('refuses what is forged, malformed or not valid yet', async () => {
    const refused = { code: 'UNAUTHENTICATED', status: 401 };
    expect(await refusal(jwt.sign({ sub: 7 }, { secret: 'another secret of thirty-two characters' }))).toEqual(refused);
    expect(await refusal('no.token.atall')).toEqual(refused);
    expect(await refusal(jwt.sign({ sub: 7 }, { notBefore: 3_600 }))).toEqual(refused);
  });

  it('leaves those without a token anonymous', async () => {
    const client = new TestClient(url, { jira: 2 });
    await client.connected();
    expect(await client.call('me', 'read', 'GET')).toMatchObject({ status: 401, data: { code: 'UNAUTHENTICATED' } });
    client.close();
  });
});
