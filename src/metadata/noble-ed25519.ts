import { eddsa } from '@noble/curves/abstract/edwards.js';
import { ed25519 as curve } from '@noble/curves/ed25519.js';
import { sha512 } from '../encoding/hash.ts';

/**
 * What is used of noble's Ed25519, and so all that is built and loaded of it. To be imported where it is called. Its curve
 * is the second implementation; the digest of a manifest of many repositories takes node:crypto a fiftieth of the time.
 */
export const ed25519 = eddsa(curve.Point, sha512);
