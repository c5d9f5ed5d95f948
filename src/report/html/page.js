"use strict";
// Adds a filter and sorting to the table of all signals. Without it the table is complete, in the report's order.
(() => {
  const table = document.querySelector("table.sortable");
  if (!table) { return; }
  const body = table.tBodies[0];
  const heads = Array.from(table.tHead.rows[0].cells);
  let rows = Array.from(body.rows);

  const element = (name, text) => {
    const made = document.createElement(name);
    if (text) { made.textContent = text; }
    return made;
  };

  // --- Sorting ---
  const number = (cell) => (cell.dataset.v === undefined ? NaN : Number(cell.dataset.v));
  const compare = (a, b) => {
    const [x, y] = [number(a), number(b)];
    if (Number.isNaN(x) !== Number.isNaN(y)) { return Number.isNaN(x) ? 1 : -1; }
    return Number.isNaN(x) ? a.textContent.localeCompare(b.textContent) : x - y;
  };
  const sort = (index) => {
    const head = heads[index];
    const down = head.getAttribute("aria-sort") === "ascending";
    heads.forEach((other) => other.removeAttribute("aria-sort"));
    head.setAttribute("aria-sort", down ? "descending" : "ascending");
    const sign = down ? -1 : 1;
    rows.sort((a, b) => sign * compare(a.cells[index], b.cells[index]));
    body.append(...rows);
  };
  heads.forEach((head, index) => {
    const button = element("button", head.textContent);
    button.type = "button";
    button.addEventListener("click", () => sort(index));
    head.replaceChildren(button);
  });

  // --- Filter ---
  const labelled = (text, field) => {
    const label = element("label", text + " ");
    label.append(field);
    return label;
  };
  const group = heads.findIndex((head) => head.textContent === "group");
  const search = element("input");
  search.type = "search";
  const choice = element("select");
  const groups = new Set(rows.map((row) => row.cells[group].textContent));
  ["all", ...groups].forEach((name) => choice.append(element("option", name)));
  const shown = element("output");
  let texts;
  const filter = () => {
    texts ??= new Map(rows.map((row) => [row, row.textContent.toLowerCase()]));
    const wanted = search.value.toLowerCase();
    const all = choice.selectedIndex === 0;
    let count = 0;
    for (const row of rows) {
      const fits = texts.get(row).includes(wanted) && (all || row.cells[group].textContent === choice.value);
      row.hidden = !fits;
      count += fits ? 1 : 0;
    }
    shown.textContent = `${count} of ${rows.length} shown`;
  };
  search.addEventListener("input", filter);
  choice.addEventListener("change", filter);
  const controls = element("div");
  controls.className = "controls";
  controls.append(labelled("Filter", search), labelled("Group", choice), shown);
  table.parentElement.before(controls);
})();
