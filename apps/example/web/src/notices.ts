// Failures that belong to no field: shown at the foot of the page until read.

import { createContext } from 'preact';
import { useContext } from 'preact/hooks';

export type Report = (what: string, error: unknown) => void;

export const ReportContext = createContext<Report>(() => undefined);

/** Tells the person that something did not work, and why. */
export function useReport(): Report {
  return useContext(ReportContext);
}

export function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
