// Tokens and keys that ended the process, were forged, or were answered 500.

import { createHmac, createPublicKey, createSecretKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { Injectable, Module, type Type } from '@nestjs/common';
import { SignJWT } from 'jose';
import { describe, expect, it } from 'vitest';
import { Action, BaseHook, BearerTokenAuthentication, Hook, JwtAuthentication, JwtVerifier, TokenVerifier, VerifiedToken } from 'nestjs-jira'; // prettier-ignore
import type { JwtKeySource, JwtOptions } from 'nestjs-jira';
import { createTestApp, type TestApp } from '../support/app.js';

const SECRET = 'a secret of at least thirty-two characters';
const RSA = generateKeyPairSync('rsa', { modulusLength: 2048 });
const EC = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const PEM = RSA.publicKey.export({ type: 'spki', format: 'pem' }) as string;

@Hook('who')
class WhoHook extends BaseHook {
  @Action()
  me() {
    return 'here';
  }
}

function startWith(key: string | KeyObject | JwtKeySource, options: JwtOptions = {}): Promise<TestApp> {
  @Injectable()
  class Jwts extends JwtVerifier {
    readonly key = key;
    override readonly options = options;
    userOf({ sub }: { sub?: string }) {
      return { id: Number(sub) };
    }
  }
  return start(JwtAuthentication, JwtVerifier, Jwts);
}

function start(
  authentication: Type<JwtAuthentication | BearerTokenAuthentication>,
  verifier: unknown,
  useClass: Type,
): Promise<TestApp> {
  @Module({ providers: [{ provide: verifier as Type, useClass }], exports: [verifier as Type] })
  class AuthModule {}
  return createTestApp({ entities: [], providers: [WhoHook], options: { authentication: [authentication], imports: [AuthModule] } as never }); // prettier-ignore
}

function token(algorithm: string, key: KeyObject | Uint8Array, expires: number | string = '1h'): Promise<string> {
  const claims = typeof expires === 'number' ? { exp: expires } : {};
  const signing = new SignJWT(claims).setProtectedHeader({ alg: algorithm }).setSubject('5');
  return (typeof expires === 'string' ? signing.setExpirationTime(expires) : signing).sign(key);
}

const REFUSED = { code: 'UNAUTHENTICATED', status: 401 };
const secret = new TextEncoder().encode(SECRET);

/** As an attacker makes it who knows the public key: jose would not. */
function forged(text: string): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const signed = `${part({ alg: 'HS256' })}.${part({ sub: '5' })}`;
  return `${signed}.${createHmac('sha256', text).update(signed).digest('base64url')}`;
}

async function refusal(app: TestApp, credentials: string): Promise<unknown> {
  return app.connect(undefined, { token: credentials }).then(
    () => 'connected',
    (error: unknown) => (error as { data?: unknown }).data,
  );
}

describe('a token that ends beyond all dates', () => {
  it.each([Date.now() * 1_000, 8.64e12 + 1, 1e300])('is refused at the handshake: exp = %d', async (exp) => {
    await using app = await startWith(SECRET);
    expect(await refusal(app, await token('HS256', secret, exp))).toEqual(REFUSED);
    expect(await refusal(app, await token('HS256', secret))).toBe('connected');
  });

  it('is refused when a connected client renews its credentials by it', async () => {
    await using app = await startWith(SECRET);
    const client = await app.connect(undefined, { token: await token('HS256', secret) });
    const renewal = { token: await token('HS256', secret, Date.now() * 1_000) };
    expect(await client.call('$connection', '$authenticate', 'POST', { data: renewal })).toMatchObject({ status: 401 });
    expect(await client.call('who', 'me', 'GET')).toMatchObject({ status: 200 });
  });

  it('is refused whichever authentication says so', async () => {
    @Injectable()
    class Endless extends TokenVerifier {
      verify() {
        return new VerifiedToken({ id: 1 }, new Date(Number.NaN));
      }
    }
    await using app = await start(BearerTokenAuthentication, TokenVerifier, Endless);
    expect(await refusal(app, 'any')).toEqual(REFUSED);
  });
});

describe('a public key as text', () => {
  const der = RSA.publicKey.export({ type: 'spki', format: 'der' }).toString('base64');
  const texts: Record<string, string> = {
    PEM: PEM,
    'PEM of PKCS 1': RSA.publicKey.export({ type: 'pkcs1', format: 'pem' }) as string,
    'PEM after white space': `\n  ${PEM}`,
    'PEM of a private key': RSA.privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
    'a JWK': JSON.stringify(RSA.publicKey.export({ format: 'jwk' })),
    'a set of JWKs': JSON.stringify({ keys: [EC.publicKey.export({ format: 'jwk' })] }),
    'DER as Base64': der,
    'DER of a curve as Base64': EC.publicKey.export({ type: 'spki', format: 'der' }).toString('base64'),
  };
  it.each(Object.keys(texts))('is refused at boot: %s', async (form) => {
    await expect(startWith(texts[form] ?? '')).rejects.toThrow(/^Jwts has the text of a key or a certificate as "key"/);
  });

  it('is refused with a token where it is known later', async () => {
    let text = SECRET;
    class Late extends JwtVerifier {
      get key() {
        return text;
      }
      userOf() {
        return { id: 1 };
      }
    }
    await using app = await start(JwtAuthentication, JwtVerifier, Late);
    text = PEM;
    expect(await refusal(app, forged(PEM))).not.toBe('connected');
  });

  it('is no text that only begins like one', async () => {
    await using app = await startWith('MIIB is how my secret of many letters begins');
    expect(await refusal(app, await token('HS256', new TextEncoder().encode('MIIB is how my secret of many letters begins')))).toBe('connected'); // prettier-ignore
  });
});

describe('a key of another algorithm', () => {
  const publicKeys: Record<string, KeyObject | JwtKeySource> = {
    'a public key': RSA.publicKey,
    'the public key of a PEM text': createPublicKey(PEM),
    'a function that gives one': () => RSA.publicKey,
  };
  it.each(Object.keys(publicKeys))('refuses the token with 401: %s', async (name) => {
    await using app = await startWith(publicKeys[name] ?? '');
    expect(await refusal(app, await token('RS256', RSA.privateKey))).toBe('connected');
    expect(await refusal(app, await token('ES256', EC.privateKey))).toEqual(REFUSED);
    expect(await refusal(app, await token('HS256', secret))).toEqual(REFUSED);
    expect(await refusal(app, forged(PEM))).toEqual(REFUSED);
  });

  it('refuses it where the options allow both algorithms, and where the key is a secret', async () => {
    await using both = await startWith(EC.publicKey, { algorithms: ['HS256', 'ES256'] });
    expect(await refusal(both, await token('ES256', EC.privateKey))).toBe('connected');
    expect(await refusal(both, await token('HS256', secret))).toEqual(REFUSED);
    await using shared = await startWith(createSecretKey(secret));
    expect(await refusal(shared, await token('HS512', new Uint8Array(64)))).toEqual(REFUSED);
    expect(await refusal(shared, await token('RS256', RSA.privateKey))).toEqual(REFUSED);
    expect(await refusal(shared, await token('HS256', secret))).toBe('connected');
  });

  it('is refused at boot where no token could ever hold', async () => {
    await expect(startWith(EC.publicKey, { algorithms: ['RS256'] })).rejects.toThrow('it can verify ES256, and "algorithms" allows RS256'); // prettier-ignore
    await expect(startWith(RSA.privateKey)).rejects.toThrow('Jwts has a private key as "key".');
  });
});
