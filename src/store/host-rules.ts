import { BlockList, isIP, isIPv4 } from "node:net";

/** Which hosts a server may read from. Entries: "data.example.org", "*.example.org", "*"; with a port only that one. */
export interface HostRules {
  /** At public addresses. */
  readonly hosts: readonly string[];
  /** At any address, this machine and its network included: for a store beside the server. */
  readonly privateHosts: readonly string[];
}

/** "any": at whatever address; "public": unless its name leads to a private one; "none": not at all. */
export function reachOf({ hostname, port, protocol }: URL, rules: HostRules): "any" | "public" | "none" {
  const name = hostname.replace(/^\[|\]$/g, "").replace(/\.$/, "");
  const asked = { name, port: port === "" ? (protocol === "https:" ? "443" : "80") : port };
  if (rules.privateHosts.some((entry) => matches(entry, asked))) return "any";
  return rules.hosts.some((entry) => matches(entry, asked)) ? "public" : "none";
}

function matches(entry: string, { name, port }: { readonly name: string; readonly port: string }): boolean {
  const [, bracketed, plain = "", wanted] =
    /^(?:\[([0-9a-fA-F:.]+)\]|([^:]+|[0-9a-fA-F:.]+?))(?::(\d+))?$/.exec(entry) ?? [];
  const pattern = (bracketed ?? plain).toLowerCase();
  if (wanted !== undefined && wanted !== port) return false;
  if (pattern === "*") return true;
  if (pattern.startsWith("*.")) return name.toLowerCase().endsWith(pattern.slice(1));
  return pattern !== "" && pattern === name.toLowerCase();
}

/** False for addresses of this machine, of local and private networks, of multicast and of documentation, however they are wrapped. */
export function isPublicAddress(address: string): boolean {
  if (isIP(address) === 0) return false;
  if (isIPv4(address)) return !PRIVATE_4.check(address, "ipv4");
  const inner = embeddedIPv4(address);
  if (inner !== undefined) return isPublicAddress(inner);
  return !PRIVATE_6.check(address, "ipv6") && GLOBAL_6.check(address, "ipv6");
}

const PRIVATE_4 = blocks("ipv4", [
  "0.0.0.0/8",
  "10.0.0.0/8",
  "100.64.0.0/10",
  "127.0.0.0/8",
  "169.254.0.0/16",
  "172.16.0.0/12",
  "192.0.0.0/24",
  "192.0.2.0/24",
  "192.88.99.0/24",
  "192.168.0.0/16",
  "198.18.0.0/15",
  "198.51.100.0/24",
  "203.0.113.0/24",
  "224.0.0.0/4",
  "240.0.0.0/4",
]);
const GLOBAL_6 = blocks("ipv6", ["2000::/3"]);
/** Of those, what leads to other protocols' addresses or to nobody's. */
const PRIVATE_6 = blocks("ipv6", ["2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"]);

function blocks(family: "ipv4" | "ipv6", networks: readonly string[]): BlockList {
  const list = new BlockList();
  for (const network of networks) {
    const [address = "", bits] = network.split("/");
    list.addSubnet(address, Number(bits), family);
  }
  return list;
}

/** Of an IPv4-mapped or NAT64 address, the IPv4 one. */
function embeddedIPv4(address: string): string | undefined {
  const text = new URL(`http://[${address.replace(/%.*$/, "")}]/`).hostname.slice(1, -1);
  const [, high, low] = /^(?:::ffff:|64:ff9b::)([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(text) ?? [];
  if (high === undefined || low === undefined) return undefined;
  const value = [Number.parseInt(high, 16), Number.parseInt(low, 16)];
  return value.flatMap((part) => [part >> 8, part & 255]).join(".");
}
