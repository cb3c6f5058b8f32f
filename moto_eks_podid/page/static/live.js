// Keeps a page up to date: the stream says that there is something new, and the page fetches it.
"use strict";

(() => {
  const address = document.body.dataset.stream;
  const badge = document.getElementById("live");
  const announcement = document.getElementById("announcement");
  // At most one refresh in that time, and one announcement: a busy server is not asked more often,
  // and nobody wants to hear every call.
  const REFRESH = 1000;
  const ANNOUNCE = 5000;
  // What is left of a session's time grows old without any call.
  const AGE = 30000;
  let since = address && new URL(address, location.href).searchParams.get("since");
  let stream = null;
  let waiting = null;
  let busy = false;
  let again = false;
  let announced = 0;

  window.page = {
    // What a script of a single page does in place of fetching the page anew.
    refresh: fetchAnew,
    announce(text) {
      if (Date.now() - announced < ANNOUNCE) return;
      announced = Date.now();
      announcement.textContent = text;
    },
  };

  async function fetchAnew() {
    const answer = await fetch(location.href);
    if (!answer.ok) return;
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    for (const old of document.querySelectorAll("[data-live]")) {
      const replacement = fresh.getElementById(old.id);
      if (replacement && replacement.innerHTML !== old.innerHTML) replace(old, replacement);
    }
    window.page.announce("Updated");
  }

  function replace(old, replacement) {
    const open = [...old.querySelectorAll("details[open]")].map((one) => one.id);
    const focused = old.contains(document.activeElement) ? document.activeElement : null;
    const href = focused?.getAttribute("href");
    const order = focused && focusable(old).indexOf(focused);
    const scrolled = [...old.querySelectorAll(".wide")].map((one) => one.scrollLeft);
    // The server has escaped every value in it.
    old.replaceChildren(...replacement.childNodes);
    for (const id of open) document.getElementById(id)?.setAttribute("open", "");
    old.querySelectorAll(".wide").forEach((one, place) => { one.scrollLeft = scrolled[place] ?? 0; });
    if (focused) {
      const candidates = focusable(old);
      (candidates.find((one) => href && one.getAttribute("href") === href) ?? candidates[order])
        ?.focus({ preventScroll: true });
    }
  }

  function focusable(element) {
    return [...element.querySelectorAll("a[href], summary, [tabindex]")];
  }

  function refreshSoon() {
    if (busy) again = true;
    else waiting ??= setTimeout(refresh, REFRESH / 4);
  }

  async function refresh() {
    waiting = null;
    busy = true;
    again = false;
    try {
      await window.page.refresh();
    } catch {
      // The server is gone, and may come back: the stream finds out.
    }
    setTimeout(() => {
      busy = false;
      if (again) refreshSoon();
    }, REFRESH);
  }

  function listen() {
    const from = new URL(address, location.href);
    from.searchParams.set("since", since);
    stream = new EventSource(from);
    stream.addEventListener("open", () => { badge.hidden = false; });
    stream.addEventListener("error", () => { if (stream.readyState === EventSource.CLOSED) badge.hidden = true; });
    stream.addEventListener("recorded", (event) => {
      since = event.lastEventId;
      refreshSoon();
    });
    // moto was reset: nothing that is shown is there any more. Tests do it many times a second.
    stream.addEventListener("reset", () => {
      stream.close();
      setTimeout(() => location.reload(), REFRESH);
    });
  }

  // The server's time, which need not be this computer's.
  const clock = document.querySelector(".clock time");
  const ahead = Date.parse(clock.dateTime) - Date.now();
  setInterval(() => {
    clock.dateTime = new Date(Date.now() + ahead).toISOString();
    clock.textContent = clock.dateTime.slice(0, 19).replace("T", " ");
  }, 1000);

  if (address) {
    listen();
    setInterval(() => { if (!document.hidden) refreshSoon(); }, AGE);
    // A stream holds a thread of the server: a page that nobody sees gives it back.
    document.addEventListener("visibilitychange", () => {
      if (document.hidden) {
        stream.close();
        badge.hidden = true;
      } else if (stream.readyState === EventSource.CLOSED) {
        listen();
      }
    });
    window.addEventListener("pagehide", () => stream.close());
    window.addEventListener("pageshow", (event) => { if (event.persisted) listen(); });
  }
})();
