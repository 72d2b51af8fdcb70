// Instants come as UTC; people read them in their own zone and language, like "Thu, Nov 19, 14:10"; far ones with the year.
const words = { weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" };
const near = new Intl.DateTimeFormat(undefined, words);
const far = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", year: "numeric" });
const FAR_MS = 300 * 24 * 3600 * 1000;

const clocks = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const days = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short" });

export function day(instant) {
  const at = new Date(instant);
  return (Math.abs(at - Date.now()) > FAR_MS ? far : days).format(at);
}

export function when(instant) {
  const at = new Date(instant);
  return (Math.abs(at - Date.now()) > FAR_MS ? far : near).format(at);
}

export const clock = (instant) => clocks.format(new Date(instant));
