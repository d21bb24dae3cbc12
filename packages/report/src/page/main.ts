import { follow } from "./live.ts";
import { view } from "./view.ts";

const data = document.getElementById("runs");
if (data === null) {
  follow();
} else {
  const runs = JSON.parse(data.textContent);
  const { elements, update } = view(runs);
  document.body.append(...elements);
  update(runs);
}
