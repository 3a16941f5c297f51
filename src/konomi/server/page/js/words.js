// Words: numbers, counts and sentences as text.

// 12345 as "12,345".
export const number = (n) => n.toLocaleString("en");

// "1 title", "2 titles".
export const count = (n, singular, plural = `${singular}s`) => `${number(n)} ${n === 1 ? singular : plural}`;

// 0.123 as "12%".
export const percent = (share) => `${Math.round(100 * share)}%`;

// 0.123 as "12% alike".
export const alike = (similarity) => `${percent(similarity)} alike`;

// A sentence from a message of the server, which begins with a small letter and has no full stop.
export function sentence(text) {
  const capitalized = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(capitalized) ? capitalized : `${capitalized}.`;
}
