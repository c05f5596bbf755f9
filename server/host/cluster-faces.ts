import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { type NextFunction, type Request, type Response, Router } from 'express';
import { notFound } from '../api/status.js';
import type { LiveCluster } from '../live/sockets.js';
import { refuseUpgrade } from '../stream/index.js';
import { type ClusterFace, createClusterFace, type FaceOptions } from './cluster-face.js';
import { type ClusterHost, DEFAULT_CLUSTER } from './cluster-host.js';

const PREFIX = /^\/clusters\/([^/?]+)(?=[/?]|$)/;
/** Upgrades that the live graph takes. */
const LIVE_PATH = '/socket.io/';
const RESOURCE = { group: 'podnet.dev', plural: 'clusters', kind: 'Cluster' };

/** The faces of a host's clusters: the default one at the root, each at `/clusters/NAME`. */
export class ClusterFaces {
  readonly router = Router();
  /** Called with the name of a cluster that is no more. */
  onRemoved: (name: string) => void = () => {};
  private readonly faces = new Map<string, ClusterFace>();

  constructor(host: ClusterHost, options: FaceOptions) {
    host.follow({
      added: (name, hosted) => this.faces.set(name, createClusterFace(hosted, options)),
      removed: (name) => {
        this.faces.get(name)?.close();
        this.faces.delete(name);
        this.onRemoved(name);
      },
    });
    this.router.use('/clusters/:cluster', (request: Request, response: Response, next) =>
      this.serve(String(request.params.cluster), { request, response, next }),
    );
    this.router.use((request: Request, response: Response, next) =>
      this.serve(DEFAULT_CLUSTER, { request, response, next }),
    );
  }

  /** What the page of a cluster follows; undefined when there is no such cluster. */
  live(name: string): LiveCluster | undefined {
    return this.faces.get(name)?.live;
  }

  /** What pages may follow, of all clusters. */
  allLive(): readonly LiveCluster[] {
    return [...this.faces.values()].map(({ live }) => live);
  }

  /** Hands connections that ask for an upgrade to the cluster that their path names. */
  takeUpgrades(http: Server): void {
    http.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      if (request.url?.startsWith(LIVE_PATH) === true) return;
      const [prefix = '', name = DEFAULT_CLUSTER] = PREFIX.exec(request.url ?? '') ?? [];
      const face = this.faces.get(name);
      if (face === undefined) {
        socket.on('error', () => socket.destroy());
        refuseUpgrade(socket, notFound(RESOURCE, name));
        return;
      }
      request.url = request.url?.slice(prefix.length);
      face.streams.take(request, socket, head);
    });
  }

  private serve(
    name: string,
    {
      request,
      response,
      next,
    }: {
      readonly request: Request;
      readonly response: Response;
      readonly next: NextFunction;
    },
  ): void {
    const face = this.faces.get(name);
    if (face !== undefined) face.router(request, response, next);
    else response.status(404).json(notFound(RESOURCE, name));
  }
}
