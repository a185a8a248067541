/** What is used of noble's file, and so all that is built and loaded of it. To be imported where it is called. */
export { ed25519 } from '@noble/curves/ed25519.js';
