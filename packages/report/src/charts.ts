/** Charts of training runs, for a page: functions from runs and a size to an element. */
export { type Axis, type Chart, type ChartOptions, type ChartRun, runColor, runColors } from "./charts/chart.ts";
export { expertHeatMap, heatGradient } from "./charts/experts.ts";
export { downSample, type MeanPoint, type Point, smooth } from "./charts/points.ts";
export {
  gradNormChart,
  learningRateChart,
  lossChart,
  metricChart,
  metricNames,
  speedChart,
  updateRmsChart,
} from "./charts/training.ts";
