// Times for people, by this browser's language and zone.
const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const thisYear = new Intl.DateTimeFormat(undefined, { weekday: "long", day: "numeric", month: "long" });
const otherYear = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "long", year: "numeric" });
const short = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short" });
const whole = new Intl.DateTimeFormat(undefined, { dateStyle: "long", timeStyle: "short" });

export const hour = (text) => clock.format(new Date(text));
export const moment = (text) => whole.format(new Date(text));

/** Names a day by itself, to compare. */
export const dayKey = (text) => new Date(text).toDateString();

export function day(text) {
  const date = new Date(text);
  const today = new Date();
  const yesterday = new Date(today.getTime() - 86_400_000);
  if (date.toDateString() === today.toDateString()) return "Today";
  if (date.toDateString() === yesterday.toDateString()) return "Yesterday";
  return (date.getFullYear() === today.getFullYear() ? thisYear : otherYear).format(date);
}

/** For a list: the hour of today, else the day. */
export const brief = (text) => (dayKey(text) === new Date().toDateString() ? hour(text) : short.format(new Date(text)));

/** A length of time in words. */
export function span(seconds) {
  if (seconds < 90) return `${seconds} s`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`;
  if (seconds < 129_600) return `${Math.round(seconds / 3600)} h`;
  return `${Math.round(seconds / 86_400)} days`;
}
