// What happened inside a machine, in the server's words, under its state: memory that was full, a disk that fills.
// And what the staff of a course should know of its folder.
import { when } from "/assets/when.js";

export function drawNotices(place, machine) {
  for (const notice of machine.notices || []) {
    const line = document.createElement("p");
    line.className = "machine-notice";
    line.dataset.notice = notice.kind;
    line.textContent = `${when(notice.at)}: ${notice.text}`;
    place.append(line);
  }
}
