const byId = (id) => document.getElementById(id);

function settingsOf(form) {
  const values = new FormData(form);
  const numbers = ["width", "height", "padding", "quality"];
  return {
    mode: "subject",
    strategy: values.get("strategy"),
    ...Object.fromEntries(numbers.map((name) => [name, Number(values.get(name))])),
  };
}

function say(text, isError = false) {
  byId("status").textContent = text;
  byId("status").classList.toggle("error", isError);
}

function show(file, answer) {
  const { source, crop } = answer.plan;
  const before = byId("before");
  URL.revokeObjectURL(before.src);
  before.src = URL.createObjectURL(file);
  const style = byId("window").style;
  style.left = `${(100 * crop.left) / source.width}%`;
  style.top = `${(100 * crop.top) / source.height}%`;
  style.width = `${(100 * crop.width) / source.width}%`;
  style.height = `${(100 * crop.height) / source.height}%`;
  byId("after").src = answer.downloadUrl;
  byId("download").href = answer.downloadUrl;
  byId("download").download = answer.filename;
  const kilobytes = Math.round(answer.processedSize / 1000);
  byId("facts").textContent = `${answer.width} × ${answer.height}, ${kilobytes} kB`;
  byId("pictures").hidden = false;
}

byId("form").addEventListener("submit", async (event) => {
  event.preventDefault();
  const form = event.target;
  const file = form.elements.file.files[0];
  const body = new FormData();
  body.append("file", file);
  body.append("settings", JSON.stringify(settingsOf(form)));
  say("Cropping…");
  try {
    const response = await fetch("api/v1/tools/smart-crop", { method: "POST", body });
    const answer = await response.json();
    if (!response.ok) {
      say([answer.error, answer.details].filter(Boolean).join(": "), true);
      return;
    }
    show(file, answer);
    say(answer.warnings.join(" "));
  } catch {
    say("The service did not answer.", true);
  }
});
