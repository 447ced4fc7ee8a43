"use strict";
// Draws every figure of a page in the page's own colours, and bends the axis of amounts when asked to.
(function () {
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const config = { responsive: true, displaylogo: false, modeBarButtonsToRemove: ["select2d", "lasso2d", "autoScale2d"] };
  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

  function themed(layout) {
    const axis = { gridcolor: colour("--grid"), linecolor: colour("--line"), zerolinecolor: colour("--line"), automargin: true };
    const result = Object.assign({}, layout, {
      paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)",
      font: { family: getComputedStyle(document.body).fontFamily, size: 13, color: colour("--soft") },
      hoverlabel: { align: "left", bgcolor: colour("--tile"), bordercolor: colour("--line"), font: { color: colour("--ink") } },
    });
    Object.keys(layout).filter((key) => /^[xy]axis/.test(key)).forEach((key) => {
      result[key] = Object.assign({}, axis, key[0] === "x" ? { showgrid: false } : {}, layout[key]);
    });
    return result;
  }

  // Plotly has no axis that is straight near zero and logarithmic above: asinh is one.
  function bent(figure) {
    const meta = figure.layout.meta;
    const at = (amount) => (amount === null ? null : Math.asinh(amount / meta.linear_below));
    const data = figure.data.map((trace, place) =>
      place < meta.amount_traces ? Object.assign({}, trace, { y: trace.y.map(at) }) : trace);
    const ticks = { tickmode: "array", tickvals: meta.ticks.map(at), ticktext: meta.tick_texts };
    return { data: data, layout: Object.assign({}, figure.layout, { yaxis: Object.assign({}, figure.layout.yaxis, ticks) }) };
  }

  function draw(place) {
    const source = JSON.parse(document.getElementById(place.dataset.figure).textContent);
    const button = document.querySelector('[data-bends="' + place.id + '"]');
    let compressed = Boolean(source.layout.meta && source.layout.meta.is_compressed);
    function show() {
      const figure = compressed ? bent(source) : source;
      Plotly.react(place, figure.data, themed(figure.layout), config);
      if (button) { button.setAttribute("aria-pressed", String(compressed)); }
    }
    if (button) {
      button.hidden = false;
      button.addEventListener("click", () => { compressed = !compressed; show(); });
    }
    show();
    dark.addEventListener("change", show);
    window.addEventListener("beforeprint", () => { show(); Plotly.relayout(place, { width: 680 }); });
    window.addEventListener("afterprint", show);
  }

  const places = document.querySelectorAll("[data-figure]");
  if (typeof Plotly === "undefined") {
    places.forEach((place) => {
      place.className = "chart-missing";
      place.textContent = "The chart's script is missing: plotly-basic.min.js must lie in the same folder as this page.";
    });
  } else {
    places.forEach(draw);
  }
})();
