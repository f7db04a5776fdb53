// Wall time against the number of secrets and against the round trip, as SVG.

import { View, parse } from '../tools/node_modules/vega/build/vega.module.js';
import { compile } from '../tools/node_modules/vega-lite/build/index.js';
import { secrets, spread } from './report.mjs';

/** Colours that the colour-blind tell apart (Okabe and Ito), by program. */
const COLOURS = { action: '#0072b2', floor: '#767676', sdk: '#d55e00' };

/**
 * @param {import('./rounds.mjs').Measured[]} results
 * @param {Record<string, import('./programs.mjs').Program>} programs
 * @param {{ rttMs: number, secretCount: number }} cross what is the same in the one chart and the other
 * @param {string} node of those that were measured
 */
export async function plot(results, programs, cross, node) {
  const points = (measured) =>
    Object.entries(programs).map(([key, { name }]) => {
      const { median, min, max } = spread(measured.byNode[node].map((round) => round[key].wallMs / 1000));
      return { program: name, secrets: measured.secretCount, rtt: measured.rttMs, median, min, max };
    });
  const data = (same) => results.filter((measured) => measured[same] === cross[same]).flatMap(points);
  const spec = {
    background: 'white',
    padding: 12,
    spacing: 30,
    config: {
      axis: { labelFontSize: 12, titleFontSize: 12, titleFontWeight: 'normal' },
      legend: { labelFontSize: 13 },
      title: { anchor: 'start', fontSize: 14 },
      view: { stroke: null },
    },
    resolve: { scale: { y: 'shared' } },
    hconcat: [
      chart(`Wall time by secrets, RTT ${cross.rttMs} ms, ${node}`, data('rttMs'), { field: 'secrets', title: 'secrets', scale: 'log' }),
      chart(`Wall time by RTT, ${secrets(cross.secretCount)}, ${node}`, data('secretCount'), { field: 'rtt', title: 'RTT, ms', scale: 'linear' }),
    ],
  };
  return new View(parse(compile(spec).spec), { renderer: 'none' }).toSVG();

  /** Lines through the medians, bars from the least to the most. */
  function chart(title, values, { field, title: axisTitle, scale }) {
    const ticks = [...new Set(values.map((point) => point[field]))];
    const y = (of) => ({ field: of, type: 'quantitative', axis: { title: 'seconds', tickCount: 6, domain: false } });
    return {
      title,
      width: 340,
      height: 250,
      data: { values },
      encoding: {
        x: { field, type: 'quantitative', scale: { type: scale }, axis: { title: axisTitle, values: ticks, grid: false } },
        color: {
          field: 'program',
          scale: { domain: Object.values(programs).map(({ name }) => name), range: Object.keys(programs).map((key) => COLOURS[key]) },
          legend: { title: null, orient: 'bottom', symbolType: 'stroke', symbolStrokeWidth: 3, symbolOpacity: 1 },
        },
      },
      layer: [
        { mark: { type: 'rule', strokeWidth: 5, opacity: 0.3 }, encoding: { y: y('min'), y2: { field: 'max' } } },
        { mark: { type: 'line', strokeWidth: 2, point: { size: 45 } }, encoding: { y: y('median') } },
      ],
    };
  }
}
