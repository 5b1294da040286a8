/**
 * Values over time. Drawn as shapes and not as pixels, so that a point can be a link that keys reach, colours follow the
 * theme by themselves, and the answers that are drawn (some hundreds of points) need no faster way. Beside the colour every
 * kind of thing has a shape: a line, a ground under it, a hatched band for what is usual, a filled mark for what is not.
 */

import { useState } from "react";
import type { PointerEvent } from "react";
import { useElementSize } from "@mantine/hooks";
import { Link } from "@tanstack/react-router";
import { t } from "../../texts/texts.ts";
import { formatAbsoluteWithZone, formatMinute } from "../instant-text.ts";
import { linearScale, roundTicks, timeTicks } from "./scale.ts";
import type { Scale } from "./scale.ts";
import styles from "./chart.module.css";

export interface ChartPoint {
  readonly at: number;
  readonly value: number;
  /** The task that this point tells of. */
  readonly upid?: string;
  /** Outside of what is usual. */
  readonly isUnusual?: boolean;
  /** Another kind of run, which is not compared with the others. */
  readonly isApart?: boolean;
}

export interface TimeChartProps {
  /** What is drawn, for those who do not see it. */
  readonly label: string;
  /** Oldest first. */
  readonly points: readonly ChartPoint[];
  readonly format: (value: number) => string;
  readonly unit: "bytes" | "plain";
  readonly since: number;
  readonly until: number;
  /** What is usual, drawn behind. */
  readonly band?: { readonly low: number; readonly high: number } | undefined;
  /** A bound that must not be crossed, with its word. */
  readonly ceiling?: { readonly value: number; readonly word: string } | undefined;
  /** Where it is expected to go. */
  readonly outlook?: readonly { readonly at: number; readonly low: number; readonly high: number }[];
  readonly isArea?: boolean;
  readonly isFromZero?: boolean;
  readonly height?: number;
}

const LEFT = 64;
const RIGHT = 12;
const TOP = 10;
const BOTTOM = 22;
const PIXELS_PER_TICK = 92;
const VALUE_TICK_COUNT = 3;
/** More points than these are a line without marks. */
const MARK_COUNT_MAX = 120;

export function TimeChart(props: TimeChartProps) {
  const { ref, width } = useElementSize<HTMLDivElement>();
  const { label, height = 168 } = props;
  return (
    <div ref={ref} className={styles["chart"]} style={{ height }} role="group" aria-label={label}>
      {width > LEFT + RIGHT && <Drawing {...props} width={width} height={height} />}
    </div>
  );
}

interface Frame {
  readonly x: (at: number) => number;
  readonly y: (value: number) => number;
  readonly ticks: readonly number[];
}

function frameOf(props: TimeChartProps, width: number, height: number): Frame {
  const { points, since, until, band, ceiling, outlook = [], unit, isFromZero = true } = props;
  const values = [
    ...points.map(({ value }) => value),
    ...(band === undefined ? [] : [band.low, band.high]),
    ...(ceiling === undefined ? [] : [ceiling.value]),
    ...outlook.map(({ high }) => high),
  ];
  const high = Math.max(...values, 0);
  const low = isFromZero ? 0 : Math.min(...values, high);
  const ticks = roundTicks(low, high === low ? low + 1 : high, VALUE_TICK_COUNT, unit);
  const xScale = linearScale(since, until);
  const yScale: Scale = linearScale(ticks[0] ?? 0, ticks.at(-1) ?? 1);
  return {
    ticks,
    x: (at) => LEFT + xScale.place(at) * (width - LEFT - RIGHT),
    y: (value) => height - BOTTOM - yScale.place(value) * (height - TOP - BOTTOM),
  };
}

function Drawing(props: TimeChartProps & { readonly width: number; readonly height: number }) {
  const { points, width, height, format, band, ceiling, outlook = [], isArea = false } = props;
  const [pointed, setPointed] = useState<ChartPoint>();
  const frame = frameOf(props, width, height);
  const { x, y } = frame;
  const point = (event: PointerEvent<SVGSVGElement>): void => {
    const left = event.clientX - event.currentTarget.getBoundingClientRect().left;
    setPointed(nearest(points, (one) => Math.abs(x(one.at) - left)));
  };
  const base = y(frame.ticks[0] ?? 0);
  return (
    <>
      <svg
        width={width}
        height={height}
        className={styles["drawing"]}
        onPointerMove={point}
        onPointerLeave={() => setPointed(undefined)}
      >
        <Ruling {...props} frame={frame} />
        {band !== undefined && (
          <rect
            className={styles["band"]}
            x={LEFT}
            width={width - LEFT - RIGHT}
            y={y(band.high)}
            height={Math.max(1, y(band.low) - y(band.high))}
          />
        )}
        {outlook.length > 1 && <path className={styles["outlook"]} d={outlookPath(outlook, frame)} />}
        {isArea && points.length > 1 && (
          <path className={styles["area"]} d={`${linePath(points, frame)} ${closing(points, frame, base)}`} />
        )}
        <path className={styles["line"]} d={linePath(points, frame)} />
        {ceiling !== undefined && <Ceiling {...ceiling} top={y(ceiling.value)} right={width - RIGHT} />}
        {pointed !== undefined && (
          <line
            className={styles["cross"]}
            x1={x(pointed.at)}
            x2={x(pointed.at)}
            y1={TOP}
            y2={height - BOTTOM}
          />
        )}
        {pointed !== undefined && pointed.upid === undefined && (
          <circle className={styles["dot"]} cx={x(pointed.at)} cy={y(pointed.value)} r={3.5} />
        )}
        <Points points={points} frame={frame} format={format} />
      </svg>
      {pointed !== undefined && (
        <p className={styles["readout"]} title={formatAbsoluteWithZone(pointed.at)} aria-hidden="true">
          {formatMinute(pointed.at)} <b>{format(pointed.value)}</b>
        </p>
      )}
    </>
  );
}

function Ceiling({
  word,
  top,
  right,
}: {
  readonly word: string;
  readonly top: number;
  readonly right: number;
}) {
  return (
    <>
      <line className={styles["ceiling"]} x1={LEFT} x2={right} y1={top} y2={top} />
      <text className={styles["ceilingWord"]} x={right - 4} y={top - 4} textAnchor="end">
        {word}
      </text>
    </>
  );
}

function Ruling({
  since,
  until,
  width,
  height,
  format,
  frame: { x, y, ticks },
}: TimeChartProps & { readonly width: number; readonly height: number; readonly frame: Frame }) {
  const times = timeTicks(since, until, Math.max(2, (width - LEFT) / PIXELS_PER_TICK));
  return (
    <g aria-hidden="true">
      {ticks.map((tick) => (
        <g key={tick}>
          <line className={styles["rule"]} x1={LEFT} x2={width - RIGHT} y1={y(tick)} y2={y(tick)} />
          <text className={styles["tick"]} x={LEFT - 8} y={y(tick) + 4} textAnchor="end">
            {format(tick)}
          </text>
        </g>
      ))}
      {times.map(({ at, label }) => (
        <text
          key={at}
          className={styles["tick"]}
          x={x(at)}
          y={height - 6}
          textAnchor={anchorAt(x(at), width)}
        >
          {label}
        </text>
      ))}
    </g>
  );
}

function anchorAt(left: number, width: number): "start" | "middle" | "end" {
  if (left < LEFT + 20) return "start";
  return left > width - RIGHT - 20 ? "end" : "middle";
}

/** What is unusual is marked however many there are; so is a single point, of which no line can tell. */
function Points({
  points,
  frame: { x, y },
  format,
}: {
  readonly points: readonly ChartPoint[];
  readonly frame: Frame;
  readonly format: (value: number) => string;
}) {
  const isDense = points.length > MARK_COUNT_MAX;
  const marked = points.filter(
    ({ upid, isUnusual }) => isUnusual === true || (!isDense && upid !== undefined) || points.length === 1,
  );
  return marked.map(({ at, value, upid, isUnusual = false, isApart = false }) => {
    const kind = isUnusual ? "unusual" : isApart ? "apart" : "usual";
    const words = `${formatMinute(at)}: ${format(value)}${isUnusual ? `, ${t("parts.chart.unusual")}` : ""}${isApart ? `, ${t("parts.chart.full")}` : ""}`;
    const mark = <Shape kind={kind} x={x(at)} y={y(value)} />;
    if (upid === undefined) return <g key={at}>{mark}</g>;
    return (
      <Link
        key={upid}
        to="/tasks/$upid"
        params={{ upid }}
        className={styles["point"]}
        data-kind={kind}
        aria-label={words}
      >
        <title>{words}</title>
        <circle className={styles["target"]} cx={x(at)} cy={y(value)} r={12} />
        {mark}
      </Link>
    );
  });
}

function Shape({
  kind,
  x,
  y,
}: {
  readonly kind: "usual" | "unusual" | "apart";
  readonly x: number;
  readonly y: number;
}) {
  if (kind === "unusual") {
    return <path className={styles["unusual"]} d={`M${x} ${y - 6}l6 6-6 6-6-6z`} />;
  }
  return <circle className={kind === "apart" ? styles["apart"] : styles["usual"]} cx={x} cy={y} r={3} />;
}

function linePath(points: readonly ChartPoint[], { x, y }: Frame): string {
  return points
    .map(({ at, value }, index) => `${index === 0 ? "M" : "L"}${x(at).toFixed(1)} ${y(value).toFixed(1)}`)
    .join("");
}

function closing(points: readonly ChartPoint[], { x }: Frame, base: number): string {
  return `L${x(points.at(-1)?.at ?? 0).toFixed(1)} ${base}L${x(points[0]?.at ?? 0).toFixed(1)} ${base}Z`;
}

function outlookPath(outlook: NonNullable<TimeChartProps["outlook"]>, { x, y }: Frame): string {
  const upper = outlook.map(({ at, high }) => `${x(at).toFixed(1)} ${y(high).toFixed(1)}`);
  const lower = outlook.toReversed().map(({ at, low }) => `${x(at).toFixed(1)} ${y(low).toFixed(1)}`);
  return `M${[...upper, ...lower].join("L")}Z`;
}

function nearest<Item>(items: readonly Item[], distanceOf: (item: Item) => number): Item | undefined {
  let best: Item | undefined;
  for (const item of items) {
    if (best === undefined || distanceOf(item) < distanceOf(best)) best = item;
  }
  return best;
}
