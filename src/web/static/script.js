// Comfort only: every page works without it. No request leaves from here but those a form makes.
"use strict";
(() => {
  const all = (selector) => document.querySelectorAll(selector);

  // Counts as the server does: Unicode scalars after NFC and trimming.
  for (const box of all("textarea[data-count]")) {
    const out = document.getElementById(box.dataset.count);
    const show = () => {
      const count = [...box.value.normalize("NFC").trim()].length;
      out.textContent = count.toLocaleString(document.documentElement.lang);
    };
    out.parentElement.hidden = false;
    box.addEventListener("input", show);
    show();
  }

  const plain = (text) =>
    text.normalize("NFD").replace(/[\u0300-\u036f]/g, "").replace(/đ/gi, "d").toLowerCase();

  // A long list gets a box that narrows it; the list itself stays a plain select.
  for (const list of all("select[data-narrow]")) {
    if (list.options.length < 12) continue;
    const box = document.createElement("input");
    box.type = "search";
    box.placeholder = list.dataset.narrow;
    box.setAttribute("aria-label", list.dataset.narrow);
    box.setAttribute("aria-controls", list.id);
    box.className = "narrow";
    const options = [...list.options].filter((option) => option.value !== "");
    const texts = options.map((option) => plain(option.text));
    box.addEventListener("input", () => {
      const words = plain(box.value).split(/\s+/).filter(Boolean);
      let first = null;
      let shown = 0;
      options.forEach((option, place) => {
        const fits = words.every((word) => texts[place].includes(word));
        // What is chosen stays: a disabled choice would not be sent.
        const stays = fits || option.selected;
        option.hidden = !stays;
        option.disabled = !stays;
        if (fits) { shown += 1; first = first || option; }
      });
      for (const group of list.querySelectorAll("optgroup")) {
        group.hidden = ![...group.children].some((option) => !option.hidden);
      }
      if (words.length > 0 && shown === 1) first.selected = true;
    });
    box.addEventListener("keydown", (event) => {
      if (event.key === "Enter") event.preventDefault();
    });
    list.before(box);
  }

  // A file of text fills the box that is sent.
  for (const file of all("input[type=file][data-into]")) {
    file.parentElement.hidden = false;
    file.addEventListener("change", async () => {
      if (file.files.length > 0) {
        document.getElementById(file.dataset.into).value = await file.files[0].text();
      }
    });
  }

  for (const button of all("button[data-copy]")) {
    if (!navigator.clipboard) continue;
    button.hidden = false;
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(button.dataset.copy);
      const before = button.textContent;
      button.textContent = button.dataset.done;
      setTimeout(() => { button.textContent = before; }, 2500);
    });
  }
  for (const button of all("button[data-print]")) {
    button.hidden = false;
    button.addEventListener("click", () => window.print());
  }

  // The page's words as a file: made here, so that no code travels once more.
  for (const button of all("button[data-save]")) {
    button.hidden = false;
    button.addEventListener("click", () => {
      const words = document.querySelector("main").innerText;
      const link = document.createElement("a");
      link.href = URL.createObjectURL(new Blob([words], { type: "text/plain;charset=utf-8" }));
      link.download = button.dataset.save;
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 1000);
    });
  }

  // One press of a button is one request.
  for (const form of all("form[data-once]")) {
    form.addEventListener("submit", () => {
      setTimeout(() => {
        for (const button of form.querySelectorAll("button")) button.disabled = true;
      }, 0);
    });
  }
  window.addEventListener("pageshow", () => {
    for (const button of all("form[data-once] button")) button.disabled = false;
  });

  // What was typed at the desk is not lost by a link pressed by mistake.
  let leaving = false;
  const isTyped = () => [...all("form[data-once] textarea")].some((t) => t.value !== t.defaultValue);
  document.addEventListener("submit", () => { leaving = true; });
  window.addEventListener("beforeunload", (event) => {
    if (!leaving && isTyped()) event.preventDefault();
  });

  const summary = document.querySelector("[data-errors]");
  if (summary) summary.focus();

  // Keys of the desk: a letter presses the control that names it; never while something is typed.
  const typing = (node) => node && node.matches("input, select, textarea");
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
    const target = document.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
    if (!target) return;
    event.preventDefault();
    if (target.matches("details")) {
      target.open = !target.open;
      const inside = target.open && target.querySelector("textarea, select, button");
      if (inside) inside.focus();
    } else if (target.matches("input")) {
      target.focus();
    } else {
      target.click();
    }
  });
})();
