// Scrolls through all events: only rows near the visible ones are in the document.
"use strict";

(() => {
  const list = document.getElementById("timeline");
  const table = list.querySelector("table");
  const body = table.tBodies[0];
  const PAGE = Number(list.dataset.page);
  // Rows before and after the visible ones, and pages that are remembered.
  const BESIDE = 12;
  const KEPT = 24;
  const live = list.dataset.first === "yes";
  const newer = document.getElementById("newer");
  const total = document.getElementById("total");
  const nothing = document.getElementById("nothing");
  const columns = table.tHead.rows[0].cells.length;

  let height = 29;
  // All rows are those below `before`; `count` of them. Row 0 is the newest.
  let before = body.dataset.before;
  let count = Number(body.dataset.total);
  let pages = new Map([[0, [...body.rows]]]);
  let active = -1;
  let pending = null;
  let drawn = "";
  const above = spacer();
  const below = spacer();

  list.classList.add("virtual");
  list.removeAttribute("role");
  table.setAttribute("role", "grid");
  table.setAttribute("aria-label", "Events");
  table.tHead.rows[0].setAttribute("aria-rowindex", "1");
  document.querySelector(".pager").hidden = true;
  document.querySelector(".keys").hidden = false;
  // The grid itself takes the focus: it says which row is meant, and rows come and go below it.
  list.removeAttribute("tabindex");
  list.removeAttribute("aria-label");
  table.tabIndex = 0;

  async function fetchRows(query) {
    const url = new URL(list.dataset.rows, location.href);
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
    const answer = await fetch(url);
    if (!answer.ok) throw new Error(answer.statusText);
    const holder = document.createElement("template");
    // The server has escaped every value in it.
    holder.innerHTML = await answer.text();
    const found = holder.content.querySelector("tbody");
    return {
      rows: [...found.rows],
      count: Number(found.dataset.total),
      before: found.dataset.before,
      added: Number(found.dataset.added),
    };
  }

  function load(number) {
    if (pages.has(number)) return;
    pages.set(number, []);
    const wanted = pages;
    fetchRows({ before, skip: number * PAGE }).then(
      (found) => {
        if (wanted !== pages) return;
        pages.set(number, found.rows);
        // The oldest may have made room.
        count = found.count;
        for (const other of [...pages.keys()]) {
          if (pages.size <= KEPT) break;
          if (other !== number && other !== 0) pages.delete(other);
        }
        draw(true);
      },
      () => wanted.delete(number),
    );
  }

  function rowAt(index) {
    const page = Math.floor(index / PAGE);
    load(page);
    return pages.get(page)[index % PAGE] ?? placeholder();
  }

  function placeholder() {
    const row = document.createElement("tr");
    row.setAttribute("aria-busy", "true");
    const cell = row.insertCell();
    cell.colSpan = columns;
    cell.textContent = "…";
    return row;
  }

  function spacer() {
    const row = document.createElement("tr");
    row.className = "spacer";
    row.setAttribute("aria-hidden", "true");
    row.insertCell().colSpan = columns;
    return row;
  }

  function stretch(row, rows) {
    row.hidden = !rows;
    row.cells[0].style.height = `${rows * height}px`;
  }

  function draw(anew) {
    const first = Math.max(Math.floor(list.scrollTop / height) - BESIDE, 0);
    const last = Math.min(Math.ceil((list.scrollTop + list.clientHeight) / height) + BESIDE, count);
    const state = `${first} ${last} ${active}`;
    if (!anew && state === drawn) return;
    drawn = state;
    const rows = [above];
    for (let index = first; index < last; index += 1) {
      const row = rowAt(index);
      row.id = `row-${index}`;
      row.dataset.index = index;
      row.setAttribute("aria-rowindex", index + 2);
      row.setAttribute("aria-selected", index === active);
      row.classList.toggle("active", index === active);
      for (const link of row.querySelectorAll("a")) link.tabIndex = index === active ? 0 : -1;
      rows.push(row);
    }
    rows.push(below);
    stretch(above, first);
    stretch(below, Math.max(count - last, 0));
    // What is there already stays: a click, or the focus, would get lost with it.
    if (rows.length !== body.rows.length || rows.some((row, place) => row !== body.rows[place])) {
      const focused = body.contains(document.activeElement) ? document.activeElement : null;
      body.replaceChildren(...rows);
      if (focused) (body.contains(focused) ? focused : table).focus({ preventScroll: true });
    }
    table.setAttribute("aria-rowcount", count + 1);
    if (active >= first && active < last) table.setAttribute("aria-activedescendant", `row-${active}`);
    else table.removeAttribute("aria-activedescendant");
    total.textContent = count.toLocaleString("en");
    if (nothing) nothing.hidden = count > 0;
  }

  function activate(index) {
    if (!count) return;
    active = Math.min(Math.max(index, 0), count - 1);
    const top = active * height;
    const visible = list.clientHeight - table.tHead.offsetHeight;
    if (top < list.scrollTop) list.scrollTop = top;
    else if (top + height > list.scrollTop + visible) list.scrollTop = top + height - visible;
    draw(true);
  }

  const step = () => Math.max(Math.floor((list.clientHeight - table.tHead.offsetHeight) / height) - 1, 1);
  const KEYS = {
    ArrowDown: () => activate(active + 1),
    ArrowUp: () => activate(active - 1),
    PageDown: () => activate(active + step()),
    PageUp: () => activate(active - step()),
    Home: () => activate(0),
    End: () => activate(count - 1),
    Enter: () => open(".opens"),
    p: () => open(".pod"),
  };

  function open(kind) {
    document.getElementById(`row-${active}`)?.querySelector(kind)?.click();
  }

  table.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || !(event.key in KEYS)) return;
    // A link in the row opens itself.
    if (event.key === "Enter" && event.target !== table) return;
    event.preventDefault();
    KEYS[event.key]();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "/" || event.target.matches("input, select")) return;
    event.preventDefault();
    document.querySelector(".filters input").focus();
  });
  body.addEventListener("click", (event) => {
    const row = event.target.closest("tr[data-index]");
    if (row && !event.target.closest("a")) activate(Number(row.dataset.index));
  });
  table.addEventListener("focus", () => {
    // Not for a click, which says itself which row it means.
    if (active < 0 && table.matches(":focus-visible")) activate(Math.ceil(list.scrollTop / height));
  });
  list.addEventListener("scroll", () => draw(false), { passive: true });
  window.addEventListener("resize", () => draw(true));

  function show(fresh) {
    pages = new Map([[0, fresh.rows]]);
    before = fresh.before;
    count = fresh.count;
    pending = null;
    newer.hidden = true;
    // The row that was meant is still meant, though it has moved.
    if (active >= 0) active = Math.min(active + fresh.added, count - 1);
    for (const row of fresh.rows.slice(0, fresh.added)) row.classList.add("arrived");
    draw(true);
  }

  newer.addEventListener("click", () => {
    list.scrollTop = 0;
    show(pending);
    table.focus({ preventScroll: true });
  });

  window.page.refresh = async () => {
    if (!live) return;
    const fresh = await fetchRows({ since: before });
    if (!fresh.added) return;
    if (list.scrollTop < height) {
      show(fresh);
    } else {
      // Whoever reads further down is not moved.
      pending = fresh;
      newer.textContent = `${fresh.added.toLocaleString("en")} new ↑`;
      newer.hidden = false;
    }
    window.page.announce(`${fresh.added} new ${fresh.added === 1 ? "event" : "events"}`);
  };

  // Another font makes rows higher.
  height = Math.max(body.rows[0]?.getBoundingClientRect().height ?? 0, height);
  draw(true);
})();
