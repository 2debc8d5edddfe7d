/** What lies between the copying program and both servers. */
export interface Network {
  name: NetworkName;
  title: string;
  /** Arguments of the sandbox. */
  args: readonly string[];
}

export const NETWORK_NAMES = ['loopback', 'distant'] as const;

export type NetworkName = (typeof NETWORK_NAMES)[number];

export const NETWORKS: Readonly<Record<NetworkName, Network>> = {
  loopback: { name: 'loopback', title: 'loopback, unlimited', args: [] },
  distant: {
    name: 'distant',
    title: '30 ms a request, 60 MB/s a connection',
    args: ['--latency', '30ms', '--bandwidth', '60MB']
  }
};
