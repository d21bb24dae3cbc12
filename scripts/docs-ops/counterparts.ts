/** Which of our functions a call of PyTorch's golden data is mapped to. */

/** Where it is not our spelling of PyTorch's name. */
const others: Readonly<Record<string, string>> = {
  addmm: "matmul",
  amax: "max",
  amin: "min",
  bmm: "matmul",
  cat: "concat",
  clamp_max: "clamp",
  clamp_min: "clamp",
  isfinite: "isFinite",
  isinf: "isInf",
  isnan: "isNaN",
  "linalg.svdvals": "svd",
  "linalg.vector_norm": "norm",
  mm: "matmul",
  "nn.functional.embedding": "take",
  "nn.functional.linear": "matmul",
  take_along_dim: "takeAlongAxis",
  topk: "topK",
};

/** `nn.functional.mse_loss` → `mseLoss` */
export function counterpart(op: string): string {
  const [last] = op.split(".").slice(-1);
  return others[op] ?? last.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
