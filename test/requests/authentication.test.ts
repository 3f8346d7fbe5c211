import { createHmac } from 'node:crypto';
import { Injectable, Module } from '@nestjs/common';
import { SignJWT } from 'jose';
import { io } from 'socket.io-client';
import { describe, expect, it } from 'vitest';
import {
  Action,
  BaseHook,
  BearerTokenAuthentication,
  Hook,
  JwtAuthentication,
  JwtVerifier,
  SessionAuthentication,
  SessionVerifier,
  TokenVerifier,
  type HookScope,
  type JiraOptions,
} from 'nestjs-jira';
import { createTestApp } from '../support/app.js';

const SECRET = 'a secret of at least thirty-two characters';

@Injectable()
class Jwts extends JwtVerifier {
  readonly key = SECRET;
  override readonly options = { issuer: 'tests' };

  userOf({ sub }: { sub?: string }) {
    return sub === 'gone' ? null : { id: Number(sub), by: 'jwt' };
  }
}

@Injectable()
class Sessions extends SessionVerifier {
  override readonly secret = SECRET;
  override readonly origins = ['https://app.example.com'];

  async verify(id: string) {
    return Promise.resolve(id === 'mine' ? { id: 7, by: 'session' } : null);
  }
}

@Injectable()
class Tokens extends TokenVerifier {
  verify(token: string) {
    return token === 'opaque' ? { id: 9, by: 'token' } : null;
  }
}

@Module({
  providers: [
    { provide: JwtVerifier, useClass: Jwts },
    { provide: SessionVerifier, useClass: Sessions },
    { provide: TokenVerifier, useClass: Tokens },
  ],
  exports: [JwtVerifier, SessionVerifier, TokenVerifier],
})
class AuthModule {}

@Hook('who')
class WhoHook extends BaseHook {
  @Action()
  me(scope: HookScope) {
    return scope.user as unknown;
  }
}

const options: JiraOptions & { imports: (typeof AuthModule)[] } = {
  authentication: [JwtAuthentication, BearerTokenAuthentication, SessionAuthentication],
  imports: [AuthModule],
  // Pages that may connect; whose cookies count is the session's own question.
  socketIo: { cors: { origin: ['https://app.example.com', 'https://evil.example.com', 'null'] } },
};
const start = () => createTestApp({ entities: [], providers: [WhoHook], options });

async function jwt(subject: string, change: (token: SignJWT) => SignJWT = (token) => token, secret = SECRET) {
  const token = new SignJWT().setProtectedHeader({ alg: 'HS256' }).setSubject(subject).setIssuer('tests');
  return change(token.setExpirationTime('1h')).sign(new TextEncoder().encode(secret));
}

function signed(id: string, secret = SECRET): string {
  const signature = createHmac('sha256', secret).update(id).digest('base64').replace(/=+$/, '');
  return `connect.sid=${encodeURIComponent(`s:${id}.${signature}`)}`;
}

/** Who one is with these, or the refusal. */
async function whoIs(url: string, auth: object, extraHeaders: Record<string, string> = {}): Promise<unknown> {
  const socket = io(url, { auth: { jira: 2, ...auth }, extraHeaders, transports: ['websocket'], reconnection: false, forceNew: true }); // prettier-ignore
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve);
      socket.once('connect_error', reject);
    });
    const frame = { requestId: 'w', method: 'GET', action: 'me' };
    return ((await socket.timeout(5_000).emitWithAck('who', frame)) as { data: unknown }).data;
  } catch (error) {
    return (error as { data?: unknown }).data ?? error;
  } finally {
    socket.disconnect();
  }
}

const REFUSED = { code: 'UNAUTHENTICATED', status: 401 };

describe('authentication', () => {
  it('by JWT holds for what was signed, for us, and is not over', async () => {
    await using app = await start();
    expect(await whoIs(app.url, { token: await jwt('5') })).toEqual({ id: 5, by: 'jwt' });
    for (const token of [
      await jwt('5', undefined, 'another secret of thirty-two characters'),
      await jwt('5', (signing) => signing.setIssuer('somebody else')),
      await jwt('gone'),
      `${Buffer.from('{"alg":"none"}').toString('base64url')}.${Buffer.from('{"sub":"5","iss":"tests"}').toString('base64url')}.`,
    ])
      expect(await whoIs(app.url, { token })).toEqual(REFUSED);
    const over = await jwt('5', (signing) => signing.setExpirationTime('-1s'));
    expect(await whoIs(app.url, { token: over })).toEqual({ code: 'SESSION_EXPIRED', status: 401 });
  });

  it('by session cookie holds for signed cookies, and only from pages of our own', async () => {
    await using app = await start();
    const me = { id: 7, by: 'session' };
    expect(await whoIs(app.url, {}, { cookie: `a=b; ${signed('mine')}` })).toEqual(me);
    expect(await whoIs(app.url, {}, { cookie: signed('mine'), origin: app.url })).toEqual(me);
    expect(await whoIs(app.url, {}, { cookie: signed('mine'), origin: 'https://app.example.com' })).toEqual(me);
    expect(await whoIs(app.url, {}, { cookie: signed('mine'), origin: 'https://evil.example.com' })).toEqual(REFUSED);
    expect(await whoIs(app.url, {}, { cookie: signed('mine'), origin: 'null' })).toEqual(REFUSED);
    expect(await whoIs(app.url, {}, { cookie: signed('mine', 'forged') })).toBeNull();
    expect(await whoIs(app.url, {}, { cookie: 'connect.sid=mine' })).toBeNull();
    expect(await whoIs(app.url, {}, { cookie: signed('over') })).toBeNull();
    expect(await whoIs(app.url, {}, { cookie: 'connect.sid=%E0%A4%A' })).toBeNull();
  });

  it('asks each in turn: the first that recognizes the credentials decides, and nobody is anonymous', async () => {
    await using app = await start();
    expect(await whoIs(app.url, { token: 'opaque' })).toEqual({ id: 9, by: 'token' });
    expect(await whoIs(app.url, {}, { authorization: 'Bearer opaque' })).toEqual({ id: 9, by: 'token' });
    expect(await whoIs(app.url, { token: 'unknown' }, { cookie: signed('mine') })).toEqual(REFUSED);
    expect(await whoIs(app.url, {})).toBeNull();
  });
});
