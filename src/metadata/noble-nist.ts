/** What is used of noble's file, and so all that is built and loaded of it. To be imported where it is called. */
export { p256, p384 } from '@noble/curves/nist.js';
