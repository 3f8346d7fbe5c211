// Which keys may verify tokens, and by which algorithms: a public key must never pass for a shared secret.

import { createPublicKey, KeyObject, X509Certificate } from 'node:crypto';
import { ConfigurationError } from '../../core/errors/configuration.error.js';

const BY_CURVE: Readonly<Record<string, readonly string[]>> = {
  prime256v1: ['ES256'],
  secp384r1: ['ES384'],
  secp521r1: ['ES512'],
  secp256k1: ['ES256K'],
};
const PSS = ['PS256', 'PS384', 'PS512'];

/** The algorithms whose tokens this key can verify. */
export function algorithmsOf({ type, asymmetricKeyType, asymmetricKeyDetails }: KeyObject): readonly string[] {
  if (type === 'secret') return ['HS256', 'HS384', 'HS512'];
  if (type === 'private') return [];
  switch (asymmetricKeyType) {
    case 'rsa':
      return ['RS256', 'RS384', 'RS512', ...PSS];
    case 'rsa-pss':
      return PSS;
    case 'ec':
      return BY_CURVE[asymmetricKeyDetails?.namedCurve ?? ''] ?? [];
    case 'ed25519':
      return ['EdDSA', 'Ed25519'];
    default:
      return [];
  }
}

/**
 * The algorithms of the options that the key can verify; all that it can if the options name none.
 *
 * @throws ConfigurationError if there is none
 */
export function allowedAlgorithms(
  subject: string,
  key: string | KeyObject,
  given: readonly string[] | undefined,
): string[] {
  if (typeof key === 'string') {
    if (isKeyText(key)) throw new ConfigurationError(subject, 'has the text of a key or a certificate as "key", which would be used as a shared secret: whoever knows the public key could sign tokens.', 'Set "key" to createPublicKey(text) of node:crypto, or to createLocalJWKSet() of jose.'); // prettier-ignore
    return [...(given ?? ['HS256'])];
  }
  if (key.type === 'private')
    throw new ConfigurationError(subject, 'has a private key as "key".', 'Verify with the public one: createPublicKey(key) of node:crypto.'); // prettier-ignore
  const possible = algorithmsOf(key);
  const allowed = possible.filter((algorithm) => given?.includes(algorithm) ?? true);
  if (allowed.length === 0)
    throw new ConfigurationError(subject, `has a key that verifies no token: it can verify ${possible.join(', ') || 'none'}, and "algorithms" allows ${given?.join(', ') ?? 'all'}.`, 'Name an algorithm of the key, or give another key.'); // prettier-ignore
  return allowed;
}

/** Whether a text is a key or a certificate in one of the forms that issuers publish: PEM, JWK, SSH, or DER in Base64. */
function isKeyText(text: string): boolean {
  const trimmed = text.trim();
  return /^-----BEGIN |^(?:ssh|ecdsa)-\S+ /.test(trimmed) || isJwk(trimmed) || isDer(trimmed);
}

function isJwk(text: string): boolean {
  if (!text.startsWith('{')) return false;
  try {
    const parsed = JSON.parse(text) as object;
    return 'kty' in parsed || 'keys' in parsed;
  } catch {
    return false;
  }
}

function isDer(text: string): boolean {
  // A sequence of ASN.1 begins with 0x30, which Base64 writes as "M".
  if (!/^M[\w+/\s-]+=*$/.test(text)) return false;
  const bytes = Buffer.from(text, 'base64');
  const forms = [
    () => createPublicKey({ key: bytes, format: 'der', type: 'spki' }),
    () => createPublicKey({ key: bytes, format: 'der', type: 'pkcs1' }),
    () => new X509Certificate(bytes),
  ];
  return forms.some((parse) => {
    try {
      parse();
      return true;
    } catch {
      return false;
    }
  });
}
