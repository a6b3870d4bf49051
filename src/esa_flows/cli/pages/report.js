// The table of routines is sorted by a click on a heading; all else needs no script.
for (const table of document.querySelectorAll("table.sortable")) {
  const heads = [...table.tHead.rows[0].cells];
  heads.forEach((head, place) => {
    const button = document.createElement("button");
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const down = head.getAttribute("aria-sort") === "ascending";
      const key = (row) => row.cells[place].dataset.key ?? row.cells[place].textContent;
      const order = new Intl.Collator(undefined, { numeric: true });
      const rows = [...table.tBodies[0].rows];
      rows.sort((a, b) => order.compare(key(a), key(b)) * (down ? -1 : 1));
      table.tBodies[0].append(...rows);
      heads.forEach((other) => other.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
    });
  });
}
