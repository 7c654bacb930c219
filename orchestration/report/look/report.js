// Draws each chart from the specification beside it, in the colours of the page, light or dark.
"use strict";

const ink = "var(--ink)";
const soft = "var(--soft)";
const line = "var(--line)";
const config = {
  aria: false,
  background: "transparent",
  font: "system-ui, sans-serif",
  view: { stroke: "transparent" },
  range: {
    category: ["1", "2", "3", "4", "5", "6", "7", "8", "9", "10"].map((n) => `var(--c${n})`),
    // Ten as well, so that the ninth issuer does not look like the first one.
    symbol: ["circle", "square", "triangle-up", "cross", "diamond", "triangle-right", "triangle-down", "triangle-left",
      "M0,-.8L.24,-.25L.8,-.25L.35,.1L.5,.65L0,.35L-.5,.65L-.35,.1L-.8,-.25L-.24,-.25Z", "M-.8,-.25H.8V.25H-.8Z"],
  },
  mark: { color: "var(--c1)", tooltip: true },
  rule: { color: soft },
  text: { color: ink },
  axis: {
    labelColor: soft, titleColor: soft, domainColor: line, tickColor: line, gridColor: line,
    labelFontSize: 12, titleFontSize: 12, titleFontWeight: "normal", labelOverlap: true,
  },
  // The first tick has its year as well; without it a line that starts in March starts in any March.
  axisXTemporal: {
    grid: false,
    labelSeparation: 8,
    labelExpr: "datum.index == 0 && !test(/\\d{4}/, datum.label) ? datum.label + ' ' + year(datum.value) : datum.label",
  },
  legend: { labelColor: ink, titleColor: soft, labelFontSize: 12, titleFontSize: 12, titleFontWeight: "normal", orient: "top", direction: "horizontal", columns: 0, symbolLimit: 40 },
};

for (const figure of document.querySelectorAll("figure")) {
  // JavaScript takes a bare date for midnight UTC, which west of Greenwich is the day before; a day here is the reader's own.
  const spec = JSON.parse(figure.querySelector("script.spec").textContent, (_, value) =>
    typeof value === "string" && /^\d{4}-\d{2}-\d{2}$/.test(value) ? `${value}T00:00` : value);
  const plot = figure.querySelector(".plot");
  const narrow = plot.clientWidth < 500;
  if (spec.height?.step) {
    // Vega-Lite warns of a height by step beside a width that follows the page.
    spec.height = spec.height.step * new Set(spec.data.values.map((row) => row[spec.encoding.y.field])).size;
  }
  const legend = { ...config.legend, columns: narrow ? 3 : 8 };
  const axis = { ...config.axis, labelLimit: narrow ? 130 : 380 };
  plot.replaceChildren();
  vegaEmbed(
    plot,
    { $schema: "https://vega.github.io/schema/vega-lite/v6.json", width: "container", height: 280, ...spec },
    { mode: "vega-lite", renderer: "svg", actions: false, ast: true, config: { ...config, axis, legend } },
  ).then(() => {
    for (const label of plot.querySelectorAll("svg text")) {
      if (label.textContent.includes("_")) label.textContent = label.textContent.replaceAll("_", " ");
    }
    // The words under the chart say what it shows; its parts have no names for a screen reader.
    for (const part of plot.querySelectorAll("svg [role]")) {
      part.removeAttribute("role");
      part.removeAttribute("aria-roledescription");
    }
  }).catch((error) => {
    plot.textContent = `The chart could not be drawn: ${error.message}`;
    console.error(error);
  });
}
