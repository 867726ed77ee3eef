import { existsSync } from "node:fs";

/** Drivers in software: slow, but they run the same shaders as a graphics card. */
const SWIFTSHADER = ["/usr/lib/chromium/vk_swiftshader_icd.json", "/usr/lib/chromium-browser/vk_swiftshader_icd.json"];
const LOADERS = ["/usr/lib/x86_64-linux-gnu/libvulkan.so.1", "/usr/lib64/libvulkan.so.1", "/usr/lib/libvulkan.so.1"];

/** What VK_ICD_FILENAMES must hold for webgpu to run; undefined where there is no driver or no loader. */
export function vulkanDriver(): string | undefined {
  if (!LOADERS.some((path) => existsSync(path))) return undefined;
  return process.env["VK_ICD_FILENAMES"] ?? SWIFTSHADER.find((path) => existsSync(path));
}
