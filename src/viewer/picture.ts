import type { Map as MapLibreMap } from "maplibre-gl";

/** What is written on a picture that is saved. */
export interface Caption {
  readonly title: string;
  readonly note: string;
  readonly credit: string;
}

/** Gives a copy of the map's canvas, which holds its picture only until the browser has shown it. */
export function grabPicture(map: MapLibreMap): Promise<HTMLCanvasElement> {
  return new Promise((resolve) => {
    void map.once("render", () => {
      const { width, height } = map.getCanvas();
      const copy = document.createElement("canvas");
      copy.width = width;
      copy.height = height;
      copy.getContext("2d")?.drawImage(map.getCanvas(), 0, 0);
      resolve(copy);
    });
    map.triggerRepaint();
  });
}

/** Draws a picture over a whole canvas, with its caption at the lower edge. */
export function drawPicture(context: CanvasRenderingContext2D, picture: HTMLCanvasElement, caption: Caption): void {
  const { width, height } = context.canvas;
  const unit = Math.max(10, Math.round(Math.min(width, height) / 36));
  context.drawImage(picture, 0, 0, width, height);
  const shade = context.createLinearGradient(0, height - 6 * unit, 0, height);
  shade.addColorStop(0, "rgb(6 10 15 / 0%)");
  shade.addColorStop(1, "rgb(6 10 15 / 85%)");
  context.fillStyle = shade;
  context.fillRect(0, height - 6 * unit, width, 6 * unit);
  context.fillStyle = "#f4f8fb";
  context.textAlign = "left";
  context.font = `650 ${Math.round(unit * 1.6)}px system-ui, sans-serif`;
  context.fillText(caption.title, unit, height - 2.2 * unit);
  context.font = `${Math.round(unit * 0.8)}px system-ui, sans-serif`;
  context.fillText(caption.note, unit, height - 0.9 * unit, width / 2 - unit);
  context.textAlign = "right";
  context.fillText(caption.credit, width - unit, height - 0.9 * unit, width / 2 - unit);
}

/** The picture with its caption as a PNG. */
export async function pictureFile(picture: HTMLCanvasElement, caption: Caption): Promise<Blob> {
  const canvas = document.createElement("canvas");
  canvas.width = picture.width;
  canvas.height = picture.height;
  const context = canvas.getContext("2d");
  if (context === null) throw new Error("This browser has no canvas to draw on");
  drawPicture(context, picture, caption);
  const blob = await new Promise<Blob | null>((done) => canvas.toBlob(done, "image/png"));
  if (blob === null) throw new Error("This browser couldn't make a PNG of the picture");
  return blob;
}
