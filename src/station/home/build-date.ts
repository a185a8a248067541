/** Version of the program, as package.json has it; shown as "says", never used for a decision. */
export const VERSION = '0.1.0';

/** The program was not built after this moment lies in the future: no clock of a station may be before it. */
export const BUILD_DATE = '2026-11-01T00:00:00Z';
