/** Command lines about what streams do inside pods, in the order in which they are typed. */

import type { Line } from './line.js';

const PROMPT_HINT = "If you don't see a command prompt, try pressing enter.";

/** Logs, cp, exec, attach, run and debug. */
export const STREAMS: readonly Line[] = [
  {
    id: 'pods',
    run: 'kubectl run box --image=busybox:1.36 -- sleep infinity && kubectl run less --image=registry.k8s.io/pause:3.9 && kubectl wait --for=condition=Ready pod/box pod/less --timeout=60s',
    out: 'pod/box created\npod/less created\npod/box condition met\npod/less condition met',
  },
  {
    id: 'cp-octets',
    run: 'head -c 3000000 /dev/urandom >blob; kubectl cp blob box:/tmp/blob && kubectl cp box:tmp/blob back && cmp blob back && kubectl exec box -- wc -c /tmp/blob',
    out: '3000000 /tmp/blob',
  },
  {
    id: 'cp-folder',
    run: 'mkdir -p t/e && echo x >t/e/f && kubectl cp t box:/tmp && kubectl cp box:tmp/t u && cat u/e/f',
    out: 'x',
  },
  {
    id: 'cp-no-tar',
    run: 'kubectl cp blob less:/tmp/blob 2>&1 | sed \'s/exec "[0-9a-f]*"/exec ID/\'',
    out: 'error: Internal error occurred: error executing command in container: failed to exec in container: failed to start exec ID: OCI runtime exec failed: exec failed: unable to start container process: exec: "tar": executable file not found in $PATH: unknown',
    // kubectl may still be sending when the answer comes.
    passing: /"websocket: close sent"/,
  },
  {
    id: 'exec-killed',
    run: "kubectl exec box -- sh -c 'kill -9 $$'",
    err: 'command terminated with exit code 137',
    code: 137,
  },
  {
    id: 'exec-container',
    run: 'kubectl exec box -c zz -- ls',
    err: 'Error from server (BadRequest): container zz is not valid for pod box',
    code: 1,
  },
  {
    id: 'run-quick',
    run: 'kubectl run quick --image=busybox:1.36 -i --rm --restart=Never -- sh -c "seq 3; exit 4" </dev/null 2>/dev/null',
    out: '1\n2\n3\npod "quick" deleted',
    code: 4,
  },
  {
    id: 'run-stdin',
    run: 'seq 3 | kubectl run sum --image=busybox:1.36 -i --rm --restart=Never -- wc -l',
    out: '3\npod "sum" deleted',
    err: PROMPT_HINT,
  },
  {
    id: 'attach-completed',
    run: 'kubectl run done --image=busybox:1.36 --restart=Never -- true && kubectl wait --for=jsonpath={.status.phase}=Succeeded pod/done && kubectl attach done',
    out: 'pod/done created\npod/done condition met',
    err: 'error: cannot attach a container in a completed pod; current phase is Succeeded',
    code: 1,
  },
  {
    id: 'exec-completed',
    run: 'kubectl exec done -- ls',
    err: 'error: cannot exec into a container in a completed pod; current phase is Succeeded',
    code: 1,
  },
  {
    id: 'logs-previous',
    run: 'kubectl logs box --previous',
    err: 'Error from server (BadRequest): previous terminated container "box" in pod "box" not found',
    code: 1,
  },
  {
    id: 'logs-waiting',
    run: 'kubectl run stuck --image=busybox:1.36 --image-pull-policy=Never --overrides=\'{"spec":{"nodeName":"control-plane"}}\' && sleep 1 && kubectl logs stuck',
    out: 'pod/stuck created',
    err: 'Error from server (BadRequest): container "stuck" in pod "stuck" is waiting to start: ErrImageNeverPull',
    code: 1,
  },
  {
    id: 'logs-follow',
    run: 'kubectl run count --image=busybox:1.36 --restart=Never -- sh -c "seq 3; sleep 100; echo end" && kubectl wait --for=condition=Ready pod/count && kubectl logs -f count --tail=2',
    out: 'pod/count created\npod/count condition met\n2\n3\nend',
  },
  {
    id: 'debug-target',
    run: 'kubectl debug box --image=alpine:3.20 --target=box --profile=general -c look -- ps && kubectl wait --for=jsonpath={.status.ephemeralContainerStatuses[0].state.terminated.reason}=Completed pod/box && kubectl logs box -c look | head -2',
    out: `
      Targeting container "box". If you don't see processes from this container it may be because the container runtime doesn't support this feature.
      pod/box condition met
      PID USER TIME COMMAND
      1 root 0:00 sleep infinity`,
  },
  {
    id: 'debug-again',
    run: `kubectl patch pod box --subresource=ephemeralcontainers -p '{"spec":{"ephemeralContainers":[{"name":"look","$patch":"delete"}]}}'`,
    err: `
      The Pod "box" is invalid: spec.ephemeralContainers: Forbidden: existing ephemeral containers "look" may not be removed`,
    code: 1,
  },
  {
    id: 'terminal',
    run: "(sleep 2; printf 'stty -echo; echo $((6*7))\\r'; sleep 1; printf 'exit 3\\r'; sleep 1) | script -qec 'kubectl exec -it box -- sh' /dev/null | tr -d '\\r' | grep -c '^42$'",
    out: '1',
  },
];
