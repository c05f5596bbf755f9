// The types that requests carry: every kind of the stable groups, and the bodies of their subresources.
// server/api/registry names the same types; a test compares the two.
export const ALL_ROOTS = [
  'V1Binding', 'V1ComponentStatus', 'V1ConfigMap', 'V1Endpoints', 'CoreV1Event', 'V1LimitRange', 'V1Namespace', 'V1Node',
  'V1PersistentVolumeClaim', 'V1PersistentVolume', 'V1Pod', 'V1PodTemplate', 'V1ReplicationController',
  'V1ResourceQuota', 'V1Secret', 'V1ServiceAccount', 'V1Service',
  'V1ControllerRevision', 'V1DaemonSet', 'V1Deployment', 'V1ReplicaSet', 'V1StatefulSet',
  'V1CronJob', 'V1Job', 'V1HorizontalPodAutoscaler', 'V2HorizontalPodAutoscaler', 'V1Scale',
  'V1Ingress', 'V1IngressClass', 'V1NetworkPolicy', 'V1IPAddress', 'V1ServiceCIDR',
  'V1PodDisruptionBudget', 'V1Eviction',
  'V1ClusterRole', 'V1ClusterRoleBinding', 'V1Role', 'V1RoleBinding',
  'V1StorageClass', 'V1VolumeAttachment', 'V1CSIDriver', 'V1CSINode', 'V1CSIStorageCapacity',
  'V1PriorityClass', 'V1RuntimeClass', 'V1Lease', 'V1EndpointSlice', 'EventsV1Event',
  'V1CertificateSigningRequest',
  'V1ValidatingWebhookConfiguration', 'V1MutatingWebhookConfiguration',
  'V1ValidatingAdmissionPolicy', 'V1ValidatingAdmissionPolicyBinding',
  'V1CustomResourceDefinition', 'V1APIService', 'V1FlowSchema', 'V1PriorityLevelConfiguration',
  'V1TokenReview', 'AuthenticationV1TokenRequest', 'V1SelfSubjectReview',
  'V1SelfSubjectAccessReview', 'V1SubjectAccessReview', 'V1LocalSubjectAccessReview', 'V1SelfSubjectRulesReview',
  'V1DeleteOptions', 'V1ListMeta', 'V1Status',
];
