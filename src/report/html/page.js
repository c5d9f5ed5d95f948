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
  const collator = new Intl.Collator();
  // What has no number stands behind what has one, in both directions.
  const compare = (a, b, sign) => {
    if (Number.isNaN(a.number) !== Number.isNaN(b.number)) { return Number.isNaN(a.number) ? 1 : -1; }
    return sign * (Number.isNaN(a.number) ? collator.compare(a.text, b.text) : a.number - b.number);
  };
  // Cells are looked up once for each row, not once for each comparison.
  const keyed = (row, index) => {
    const cell = row.cells[index];
    const number = cell.dataset.v === undefined ? NaN : Number(cell.dataset.v);
    return { row, number, text: cell.textContent };
  };
  const sort = (index) => {
    const head = heads[index];
    const down = head.getAttribute("aria-sort") === "ascending";
    heads.forEach((other) => other.removeAttribute("aria-sort"));
    head.setAttribute("aria-sort", down ? "descending" : "ascending");
    const sign = down ? -1 : 1;
    const keys = rows.map((row) => keyed(row, index));
    keys.sort((a, b) => compare(a, b, sign));
    rows = keys.map((key) => key.row);
    // Taking ten thousand rows out one by one, each from the middle, takes seconds; all at once it does not.
    body.replaceChildren();
    const sorted = document.createDocumentFragment();
    rows.forEach((row) => sorted.append(row));
    body.append(sorted);
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
