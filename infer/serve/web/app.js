"use strict";
// The page: sends what is pasted to /v1/analyze, and shows what is said of it. Everything is put in as text.

const EXAMPLE = {
  title: "اتفاق على إدخال 60 شاحنة مساعدات إلى غزة يوميا",
  body:
    "أعلنت منظمة إغاثة، الثلاثاء، اتفاقا على إدخال 60 شاحنة مساعدات إلى قطاع غزة يوميا عبر معبر كرم أبو سالم.\n" +
    "وقالت المنظمة إن الشحنات تضم طحينا وأدوية ووقودا للمستشفيات، وإن أولها سيصل صباح الخميس.\n" +
    "وأضافت أن سبعة مخابز في خان يونس ستعود إلى العمل خلال أيام إذا وصل الوقود في موعده.",
};
const MISTAKES = {
  unauthorized: "تحتاج هذه الخدمة إلى مفتاح. اكتبه تحت النص ثم أعد المحاولة.",
  too_large: "النص أطول مما تقبله الخدمة. قسّمه وأرسل جزءا منه.",
  too_many: "في الصفحة مقالات أكثر مما تقبله الخدمة مرة واحدة. ألصق جزءا منها.",
  overloaded: "الخدمة مشغولة الآن. أعد المحاولة بعد ثوان.",
  not_ready: "لم تُحمَّل النماذج بعد. أعد المحاولة بعد ثوان.",
  too_late: "لم تُجب الخدمة في الوقت المحدد. أعد المحاولة بنص أقصر.",
  too_slow: "لم يصل النص في الوقت المحدد. أعد المحاولة.",
  offline: "لا يمكن الوصول إلى الخدمة. هل ما زالت تعمل؟",
};
const METHODS = { lead: "من مقدّمة الخبر", model: "تلخيص آلي" };
const LONGEST_FILE = 2000000;

const find = (id) => document.getElementById(id);
const percent = new Intl.NumberFormat("ar-u-nu-latn", { style: "percent", maximumFractionDigits: 1 });
let topics = {};

function element(name, properties = {}, ...children) {
  const { style, ...rest } = properties;
  const made = Object.assign(document.createElement(name), rest);
  for (const [key, value] of Object.entries(style ?? {})) made.style.setProperty(key, value);
  made.append(...children.filter((child) => child !== null && child !== ""));
  return made;
}

function say(text, wrong = false) {
  find("status").textContent = text;
  find("status").classList.toggle("wrong", wrong);
}

function kind() {
  return new FormData(find("form")).get("kind");
}

function asked() {
  const text = find("text").value;
  if (kind() === "body") return { body: text, title: find("title").value };
  return { [kind()]: text };
}

async function send() {
  const headers = { "content-type": "application/json" };
  const key = find("key").value.trim();
  if (key) headers.authorization = `Bearer ${key}`;
  const body = JSON.stringify({ articles: [asked()], text: true });
  let answer;
  try {
    answer = await fetch("v1/analyze", { method: "POST", headers, body });
  } catch {
    throw { code: "offline" };
  }
  const content = await answer.json().catch(() => ({}));
  if (answer.ok) {
    if (key) sessionStorage.setItem("key", key);
    return content.results;
  }
  throw content.error ?? { code: "broken", message: `${answer.status}` };
}

async function analyze(event) {
  event.preventDefault();
  if (!find("text").value.trim()) {
    say("ألصق نصا أولا.", true);
    find("text").focus();
    return;
  }
  find("go").disabled = true;
  find("results").setAttribute("aria-busy", "true");
  find("articles").replaceChildren();
  say("جارٍ التحليل…");
  try {
    const results = await send();
    find("articles").replaceChildren(...results.map(shown));
    say(counted(results));
    find("results").focus({ preventScroll: true });
    find("results").scrollIntoView({ block: "nearest" });
  } catch (mistake) {
    if (mistake.code === "unauthorized") {
      find("key-field").hidden = false;
      find("key").focus();
    }
    say(MISTAKES[mistake.code] ?? `تعذّر التحليل: ${mistake.message ?? mistake}`, true);
  } finally {
    find("go").disabled = false;
    find("results").setAttribute("aria-busy", "false");
  }
}

function counted(results) {
  const records = results.filter((result) => !result.reject).length;
  if (records === 0) return "لم يُحلَّل شيء.";
  const words = { one: "مقالة واحدة", two: "مقالتان", few: `${records} مقالات`, many: `${records} مقالة` };
  return words[new Intl.PluralRules("ar").select(records)] ?? `${records} مقالة`;
}

function shown(result) {
  const title = result.article?.title || result.title || "مقالة بلا عنوان";
  const heading = element("h3", { textContent: title, dir: "auto" });
  if (result.reject) {
    const reason = element("bdi", { textContent: result.reject.reason, lang: "en", dir: "ltr" });
    return element("article", {}, heading, element("p", { className: "review" }, "لا يمكن تحليل هذا النص: ", reason));
  }
  const facts = [result.published, result.source].filter(Boolean);
  return element(
    "article",
    {},
    heading,
    facts.length ? element("p", { className: "facts" }, ...separated(facts)) : null,
    result.scores ? topicList(result) : null,
    result.review
      ? element("p", { className: "review", textContent: "احتمال قريب من عتبته: ليراجعه محرّر." })
      : null,
    result.summary ? element("p", { className: "summary", textContent: result.summary, dir: "auto" }) : null,
    result.summary
      ? element("p", { className: "method", textContent: METHODS[result.summary_method] ?? result.summary_method })
      : null,
    read(result),
  );
}

function separated(facts) {
  return facts.flatMap((fact, place) => [place ? " · " : "", element("bdi", { textContent: fact })]);
}

function topicList(result) {
  const rows = Object.entries(result.scores).sort(([, a], [, b]) => b - a);
  const list = element("ul", { className: "topics" }, ...rows.map(([name, score]) => topicRow(name, score, result)));
  if (result.topics.length) return list;
  const other = element("p", {}, element("span", { className: "tag other", textContent: "موضوع آخر" }));
  return element("div", {}, other, list);
}

function topicRow(name, score, result) {
  const known = topics[name] ?? { ar: name };
  const given = result.topics.includes(name);
  const label = element(
    "span",
    { className: given ? "given" : "" },
    known.ar,
    given ? element("span", { className: "tag", textContent: "موضوعه" }) : null,
  );
  const bar = element("span", { className: "bar" });
  bar.setAttribute("aria-hidden", "true");
  bar.append(element("span", { className: "full", style: { "inline-size": `${100 * score}%` } }));
  if (known.threshold !== undefined) {
    bar.append(element("span", { className: "limit", style: { "inset-inline-start": `${100 * known.threshold}%` } }));
  }
  return element("li", {}, label, element("bdi", { textContent: percent.format(score) }), bar);
}

function read(result) {
  if (!result.article?.body) return null;
  const body = result.article.body;
  const spans = marked(body, result.evidence ?? []);
  const paragraphs = [];
  let start = 0;
  for (const line of body.split("\n")) {
    if (line.trim()) paragraphs.push(element("p", { dir: "auto" }, ...pieces(body, start, start + line.length, spans)));
    start += line.length + 1;
  }
  const label = spans.length ? "النص، وفيه ما استند إليه الملخّص" : "النص";
  const details = element("details", { className: "read", open: spans.length > 0 });
  details.append(element("summary", { textContent: label }), ...paragraphs);
  return details;
}

// Places of the sentences in the text, in order and apart; blanks may differ.
function marked(body, sentences) {
  const spans = [];
  for (const sentence of sentences) {
    const words = sentence.trim().split(/\s+/).map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
    const found = words[0] ? new RegExp(words.join("\\s+"), "u").exec(body) : null;
    if (found) spans.push([found.index, found.index + found[0].length]);
  }
  spans.sort(([a], [b]) => a - b);
  return spans.filter(([start], place) => place === 0 || start >= spans[place - 1][1]);
}

function pieces(body, start, end, spans) {
  const parts = [];
  let at = start;
  for (const [from, to] of spans) {
    if (to <= at || from >= end) continue;
    parts.push(body.slice(at, Math.max(from, at)));
    parts.push(element("mark", { textContent: body.slice(Math.max(from, at), Math.min(to, end)) }));
    at = Math.min(to, end);
  }
  return [...parts, body.slice(at, end)].filter((part) => part !== "");
}

function choose(name) {
  find("form").elements.kind.value = name;
  fit();
}

function fit() {
  find("title-field").hidden = kind() !== "body";
  find("text-label").textContent = { body: "النص", page: "نص الصفحة", html: "شيفرة الصفحة" }[kind()];
}

async function open() {
  const [file] = find("file").files;
  if (!file) return;
  if (file.size > LONGEST_FILE) {
    say(MISTAKES.too_large, true);
    return;
  }
  find("text").value = await file.text();
  choose(/\.html?$/i.test(file.name) ? "html" : "page");
  say(`فُتح الملف ${file.name}.`);
  find("file").value = "";
}

async function start() {
  find("key").value = sessionStorage.getItem("key") ?? "";
  find("form").addEventListener("submit", analyze);
  find("form").addEventListener("change", fit);
  find("file").addEventListener("change", open);
  find("example").addEventListener("click", () => {
    choose("body");
    find("title").value = EXAMPLE.title;
    find("text").value = EXAMPLE.body;
  });
  fit();
  try {
    const answer = await fetch("readyz");
    if (answer.ok) topics = (await answer.json()).topics;
  } catch {
    say(MISTAKES.offline, true);
  }
}

start();
