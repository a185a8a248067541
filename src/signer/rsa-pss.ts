import { createHash } from 'node:crypto';
import { derChildren, readDer, TAG } from '../encoding/der.ts';
import { readDerUnsigned } from '../encoding/der-values.ts';

const HASH = 32;
const SALT = 32;

/**
 * RSASSA-PSS-VERIFY (RFC 8017 sections 8.1.2 and 9.1.2) with SHA-256, MGF1-SHA-256 and a salt of exactly 32 bytes,
 * in plain arithmetic: the second opinion on what node:crypto accepted.
 *
 * @param key RSAPublicKey in DER
 * @param digest SHA-256 of the message
 */
export function rsaPssIsValid(key: Uint8Array, digest: Uint8Array, signature: Uint8Array): boolean {
  const [modulus, exponent] = derChildren(readDer(key), TAG.sequence, 2).map(readDerUnsigned) as [
    Buffer,
    Buffer,
  ];
  const n = toNumber(modulus);
  const s = toNumber(signature);
  if (signature.length !== modulus.length || s >= n) return false;
  const bits = n.toString(2).length - 1;
  const encoded = toBytes(power(s, toNumber(exponent), n), modulus.length);
  // emBits is one less than the modulus has: of a modulus of whole octets, one bit of the first octet is left.
  return encodingIsValid(encoded, bits, digest);
}

/** EMSA-PSS-VERIFY, steps 4 to 14. */
function encodingIsValid(encoded: Buffer, bits: number, digest: Uint8Array): boolean {
  const length = encoded.length;
  if (encoded[length - 1] !== 0xbc) return false;
  const maskedBlock = encoded.subarray(0, length - HASH - 1);
  const hash = encoded.subarray(length - HASH - 1, length - 1);
  const unusedBits = 8 * length - bits;
  if ((maskedBlock[0] as number) >> (8 - unusedBits) !== 0) return false;
  const mask = mgf1(hash, maskedBlock.length);
  const block = maskedBlock.map((byte, at) => byte ^ (mask[at] as number));
  block[0] = (block[0] as number) & (0xff >> unusedBits);
  const padding = block.length - SALT - 1;
  if (block.subarray(0, padding).some((byte) => byte !== 0) || block[padding] !== 1) return false;
  const salt = block.subarray(padding + 1);
  const expected = createHash('sha256').update(Buffer.alloc(8)).update(digest).update(salt).digest();
  return expected.equals(hash);
}

/** MGF1 (RFC 8017 appendix B.2.1) with SHA-256. */
function mgf1(seed: Uint8Array, length: number): Buffer {
  const blocks: Buffer[] = [];
  for (let counter = 0; counter * HASH < length; counter++) {
    const octets = Buffer.alloc(4);
    octets.writeUInt32BE(counter);
    blocks.push(createHash('sha256').update(seed).update(octets).digest());
  }
  return Buffer.concat(blocks).subarray(0, length);
}

function power(base: bigint, exponent: bigint, modulus: bigint): bigint {
  let result = 1n;
  for (let square = base, rest = exponent; rest > 0n; rest >>= 1n) {
    if (rest & 1n) result = (result * square) % modulus;
    square = (square * square) % modulus;
  }
  return result;
}

function toNumber(bytes: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(bytes).toString('hex')}`);
}

function toBytes(value: bigint, length: number): Buffer {
  return Buffer.from(value.toString(16).padStart(2 * length, '0'), 'hex');
}
