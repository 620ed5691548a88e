// Makes pages that already work a little better: ages go on counting, Latest follows the stream, and what is rising keeps up.
"use strict";

const NEWS = "dateline:news";
const MINUTE = 60, HOUR = 3600, DAY = 86400;

// The same words as services/api/words.py.
function age(then, now) {
  const passed = (now - then) / 1000;
  const count = (n, unit) => `${n} ${unit}${n === 1 ? "" : "s"} ago`;
  if (passed < MINUTE) return "just now";
  if (passed < HOUR) return count(Math.floor(passed / MINUTE), "min");
  if (passed < DAY) return count(Math.floor(passed / HOUR), "hour");
  if (passed < 7 * DAY) return count(Math.floor(passed / DAY), "day");
  return null;
}

function refreshAges() {
  const now = Date.now();
  for (const time of document.querySelectorAll("time[data-age]")) {
    const text = age(Date.parse(time.dateTime), now);
    if (text && time.textContent !== text) time.textContent = text;
  }
}

function element(name, attributes, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== null && value !== undefined) made.setAttribute(key, value);
  }
  made.append(...children);
  return made;
}

function webAddress(url) {
  try {
    const found = new URL(url);
    return ["http:", "https:"].includes(found.protocol) ? found.href : "#";
  } catch {
    return "#";
  }
}

class Follower {
  constructor(list) {
    this.list = list;
    this.names = JSON.parse(list.dataset.names || "{}");
    this.keep = Number(list.dataset.keep) || 24;
    this.level = list.dataset.level || "3";
    this.status = list.parentElement.querySelector("[data-news]");
    this.arrived = 0;
  }

  start() {
    const address = new URL(this.list.dataset.follow, location.href);
    address.searchParams.set("since", this.list.dataset.since);
    const source = new EventSource(address);
    for (const kind of ["added", "updated", "moved"]) {
      source.addEventListener(kind, (event) => this.show(kind, JSON.parse(event.data).article));
    }
    for (const kind of ["left", "merged", "removed"]) {
      source.addEventListener(kind, (event) => this.remove(JSON.parse(event.data).article.id));
    }
    addEventListener("pagehide", () => source.close());
  }

  find(id) {
    return this.list.querySelector(`[data-article="${Number(id)}"]`)?.closest("li");
  }

  remove(id) {
    this.find(id)?.remove();
    document.dispatchEvent(new Event(NEWS));
  }

  show(kind, article) {
    document.dispatchEvent(new Event(NEWS));
    const there = this.find(article.id);
    const entry = element("li", {}, this.story(article));
    if (there) {
      there.replaceWith(entry);
      return;
    }
    if (kind === "updated") return;
    const before = this.placeOf(entry);
    if (!before && this.list.children.length >= this.keep) return;
    entry.classList.add("new");
    this.list.insertBefore(entry, before);
    while (this.list.children.length > this.keep) this.list.lastElementChild.remove();
    this.arrived += 1;
    if (this.status) this.status.textContent = `${this.arrived} new ${this.arrived === 1 ? "article" : "articles"}`;
  }

  // Newest first, as on the page: an article that was published earlier goes further down.
  placeOf(entry) {
    const moment = (li) => Date.parse(li.querySelector("time").dateTime);
    return [...this.list.children].find((li) => moment(li) < moment(entry)) ?? null;
  }

  label(article) {
    const region = article.region && [`region/${article.region}`, `/r/${article.region}`];
    const topic = article.topics[0] && [`topic/${article.topics[0]}`, `/t/${article.topics[0]}`];
    const own = this.list.dataset.region && this.list.dataset.region === article.region && !this.list.dataset.topic;
    const chosen = own ? topic || region : region || topic;
    return chosen ? element("a", { class: "label", href: chosen[1] }, this.names[chosen[0]] || chosen[0].split("/")[1]) : null;
  }

  story(article) {
    const voice = { lang: article.language, dir: "auto" };
    const seen = Date.parse(article.first_seen_at), published = Date.parse(article.published_at ?? article.first_seen_at);
    const moment = new Date(Math.min(seen, published));
    const time = element("time", { datetime: moment.toISOString(), "data-age": "" }, age(moment, Date.now()) || moment.toLocaleDateString());
    const when = element("a", { class: "when", href: `/article/${Number(article.id)}` }, time,
      element("span", { class: "hidden" }, ": why this article is here"));
    const label = this.label(article);
    const kicker = label
      ? element("p", { class: "kicker" }, label, " ", element("span", { class: "dot", "aria-hidden": "true" }, "·"), " ", when)
      : element("p", { class: "kicker" }, when);
    const story = element("article", { class: "story", "data-article": String(Number(article.id)) }, kicker,
      element(`h${this.level}`, { class: "headline", ...voice }, element("a", { href: webAddress(article.url) }, article.title)));
    if (article.teaser) story.append(element("p", { class: "teaser", ...voice }, article.teaser));
    const byline = element("p", { class: "byline" }, element("span", { class: "source", dir: "auto" }, article.source.name));
    const others = article.also_at.length;
    if (others) {
      byline.append(", ", element("a", { href: `/article/${Number(article.id)}#also` },
        `also at ${others === 1 ? article.also_at[0].source.name : `${others} other sources`}`));
    }
    if (article.story && article.story.articles > 1 && article.story.publishers > 1) {
      byline.append(" ", element("span", { class: "dot", "aria-hidden": "true" }, "·"), " ",
        element("a", { class: "unbroken", href: `/story/${Number(article.story.id)}` }, `${article.story.publishers} publishers`));
    }
    story.append(byline);
    return story;
  }
}

// What the server alone can tell (what is rising, how a story grows, how many are on it) is taken from the page itself, asked for
// again: seldom, only where somebody looks, and what is the same is not touched. What is being read or typed into stays.
class Refresher {
  static SOON = 2000;
  static BETWEEN = 20000;
  static SELDOM = 60000;

  constructor() {
    this.last = 0;
    this.due = 0;
    this.timer = null;
  }

  start() {
    this.later(Refresher.SELDOM);
    document.addEventListener(NEWS, () => this.later(Refresher.SOON));
    document.addEventListener("visibilitychange", () => { if (!document.hidden) this.later(0); });
  }

  // The earliest of all wishes holds, and two looks are never closer than BETWEEN.
  later(wait) {
    const due = Math.max(Date.now() + wait, this.last + Refresher.BETWEEN);
    if (this.timer !== null && this.due <= due) return;
    clearTimeout(this.timer);
    this.due = due;
    this.timer = setTimeout(() => this.look(), due - Date.now());
  }

  async look() {
    this.timer = null;
    this.last = Date.now();
    let pause = Refresher.SELDOM;
    if (!document.hidden) {
      try {
        const answer = await fetch(location.href, { headers: { Accept: "text/html" }, cache: "no-cache" });
        if (answer.ok) this.take(new DOMParser().parseFromString(await answer.text(), "text/html"));
        else pause = Math.max(pause, 1000 * Number(answer.headers.get("Retry-After") || 0));
      } catch {
        pause *= 2;  // no network: it may be back
      }
    }
    this.later(pause);
  }

  take(fresh) {
    for (const part of document.querySelectorAll("[data-live]")) {
      this.swap(part, fresh.querySelector(`[data-live="${part.dataset.live}"]`));
    }
    for (const story of document.querySelectorAll("[data-article]")) {
      const line = `[data-article="${story.dataset.article}"] .byline`;
      this.swap(story.querySelector(".byline"), fresh.querySelector(line));
    }
    refreshAges();
  }

  swap(part, fresh) {
    if (!part || !fresh || part.contains(document.activeElement) || this.told(part) === this.told(fresh)) return;
    const open = new Set([...part.querySelectorAll("details[open] > summary")].map((summary) => summary.textContent));
    for (const summary of fresh.querySelectorAll("details > summary")) {
      if (open.has(summary.textContent)) summary.parentElement.open = true;
    }
    part.replaceChildren(...document.importNode(fresh, true).childNodes);
  }

  // What a part says, but for ages, which count by themselves, and for what somebody has opened.
  told(part) {
    const copy = part.cloneNode(true);
    for (const age of copy.querySelectorAll("time[data-age]")) age.textContent = "";
    for (const opened of copy.querySelectorAll("details[open]")) opened.removeAttribute("open");
    return copy.innerHTML.replace(/\s+/g, " ");
  }
}

if (document.querySelector("[data-live]")) new Refresher().start();
setInterval(refreshAges, 30000);
document.addEventListener("visibilitychange", refreshAges);
refreshAges();
if ("EventSource" in window) {
  for (const list of document.querySelectorAll("[data-follow]")) new Follower(list).start();
}

// The link that `dateline up` shows has the token behind its #, which no server sees: put it into the form and send it.
const door = document.querySelector("[data-door]");
if (location.hash.startsWith("#dl_")) {
  const key = location.hash.slice(1);
  history.replaceState(null, "", location.pathname + location.search);
  if (door && !document.querySelector("[role=alert]")) {
    door.elements.token.value = key;
    door.requestSubmit();
  }
}

// Rules in the making: a finding leads to its line, the line that was asked for is in view, numbers keep up, nothing is lost unseen.
class CodeBox {
  constructor(box) {
    this.box = box;
    this.numbers = box.parentElement.querySelector(".numbers");
    this.saved = box.value;
    box.addEventListener("input", () => this.grow());
    box.form.addEventListener("submit", () => { this.saved = this.box.value; });
    addEventListener("beforeunload", (event) => { if (this.box.value !== this.saved) event.preventDefault(); });
    for (const link of document.querySelectorAll("a[data-line]")) {
      link.addEventListener("click", (event) => { event.preventDefault(); this.go(Number(link.dataset.line), Number(link.dataset.column)); });
    }
    addEventListener("hashchange", () => this.follow());
    if (box.dataset.line) this.go(Number(box.dataset.line), Number(box.dataset.column));
    else this.follow();
  }

  grow() {
    const lines = this.box.value.split("\n").length;
    this.box.rows = lines + 1;
    while (this.numbers.children.length < lines) {
      const n = this.numbers.children.length + 1;
      this.numbers.append(element("li", { id: `L${n}` }, String(n)));
    }
    while (this.numbers.children.length > lines) this.numbers.lastElementChild.remove();
  }

  follow() {
    const asked = /^#L(\d+)$/.exec(location.hash);
    if (asked) this.go(Number(asked[1]));
  }

  // How far to the right a column must be brought to be seen, with what stands before it; nothing where it is seen anyway.
  across(text, column) {
    const style = getComputedStyle(this.box);
    const ink = document.createElement("canvas").getContext("2d");
    ink.font = `${style.fontSize} ${style.fontFamily}`;
    const width = ink.measureText([...text].slice(0, column || 0).join("")).width + 2 * parseFloat(style.paddingInlineStart);
    return width > this.box.clientWidth ? width - this.box.clientWidth / 2 : 0;
  }

  // Marks the line and puts the caret at its column (a count of characters, not of UTF-16 units). Nothing is selected: a key would delete it.
  go(line, column) {
    const lines = this.box.value.split("\n");
    const start = lines.slice(0, line - 1).reduce((sum, text) => sum + text.length + 1, 0);
    const place = start + [...(lines[line - 1] ?? "")].slice(0, Math.max(1, column || 1) - 1).join("").length;
    this.box.focus({ preventScroll: true });
    this.box.setSelectionRange(place, place);
    this.box.scrollLeft = this.across(lines[line - 1] ?? "", column);
    for (const marked of this.numbers.querySelectorAll(".asked-line")) marked.classList.remove("asked-line");
    this.numbers.children[line - 1]?.classList.add("asked-line");
    this.numbers.children[line - 1]?.scrollIntoView({ block: "center" });
  }
}

for (const box of document.querySelectorAll("[data-code]")) new CodeBox(box);

// Choosing a label in a correction says that one means it.
for (const field of document.querySelectorAll("fieldset")) {
  const said = field.querySelector("input[type=radio][value=yes]");
  if (said) field.addEventListener("input", (event) => { if (event.target.type !== "radio") said.checked = true; });
}
