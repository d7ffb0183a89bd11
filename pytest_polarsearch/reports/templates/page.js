(() => {
  const root = document.documentElement, $ = (s, at = document) => [...at.querySelectorAll(s)];
  const press = (buttons, on) => buttons.forEach((b) => b.setAttribute("aria-pressed", String(b === on)));
  const langs = $("[data-set-lang]"), themes = $("[data-set-theme]"), filters = $("[data-filter]");
  const speak = (lang) => { root.dataset.lang = lang; root.lang = lang; press(langs, langs.find((b) => b.dataset.setLang === lang)); };
  langs.forEach((b) => b.addEventListener("click", () => speak(b.dataset.setLang)));
  themes.forEach((b) => b.addEventListener("click", () => { root.dataset.theme = b.dataset.setTheme; press(themes, b); }));
  const search = document.getElementById("search"), rows = $("[data-row]"), found = document.getElementById("found");
  rows.forEach((row) => { row.words = row.textContent.toLowerCase(); });
  $(".cells a").forEach((a) => { a.title = a.textContent; });
  $("article[id]").forEach((one) => {
    const cell = document.getElementById(one.id.replace("failure-", ""))?.querySelector("td.id");
    if (!cell) return;
    const link = Object.assign(document.createElement("a"), { href: `#${one.id}`, textContent: cell.textContent });
    cell.replaceChildren(link);
  });
  let group = filters.find((b) => b.getAttribute("aria-pressed") === "true").dataset.filter;
  const sift = () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    let left = 0;
    for (const row of rows) {
      const hit = (group === "all" || (row.dataset.group || "held") === group) && words.every((w) => row.words.includes(w));
      row.hidden = !hit;
      left += hit;
    }
    found.textContent = `${left} / ${rows.length}`;
  };
  filters.forEach((b) => b.addEventListener("click", () => { group = b.dataset.filter; press(filters, b); sift(); }));
  search.addEventListener("input", sift);
  $(".copy").forEach((b) => b.addEventListener("click", async () => {
    await navigator.clipboard.writeText(document.getElementById(b.dataset.copy).textContent);
    b.classList.add("held");
  }));
  let closed = [];
  addEventListener("beforeprint", () => { closed = $("details:not([open])"); closed.forEach((one) => { one.open = true; }); });
  addEventListener("afterprint", () => { closed.forEach((one) => { one.open = false; }); });
  const jump = () => {
    const goal = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!goal) return;
    if (goal.hidden) { group = "all"; search.value = ""; press(filters, filters.find((b) => b.dataset.filter === "all")); sift(); }
    goal.tabIndex = -1;
    goal.scrollIntoView();
    goal.focus({ preventScroll: true });
  };
  addEventListener("hashchange", jump);
  sift();
  jump();
})();
