"""The workflow document, sentence by sentence: which rows realise each sentence, and how exactly.

A requirement puts several sentences of the document together; here each stands alone, in this project's words and in
the document's order: components A to L, steps 1 to 10, log files.  A sentence is *exact* when the rows named do what it
says and nothing less; otherwise ``differs`` gives the decision and its reason.

A row is named ``agent:event``, as the agent's table has it.  What is no behaviour (a criterion in the .csdef, the place
of a log file) is named by the function or table that holds it, ``module:name``.

Source: Microsoft, "Workflow of Windows Azure classic VM architecture" (text of April 2019), read in the Korean
translation with the English original beside it where the translation is garbled.

Left out: the remarks on deployment models and pictures before the components.
"""

from __future__ import annotations

from dataclasses import dataclass

HOSTS = ("worker_host", "web_host", "iis_host")


@dataclass(frozen=True)
class Sentence:
    """A sentence of the document: ``id`` is its component or step and its place there, ``text`` what it says,
    ``requirements`` those it belongs to, ``rows`` what realises it; ``differs`` says why it is not exact, if so."""

    id: str
    text: str
    requirements: tuple[str, ...]
    rows: tuple[str, ...]
    differs: str = ""

    @property
    def exact(self) -> bool:
        """Whether the model does what the sentence says, no more and no less."""
        return not self.differs


def _of(place: str, *sentences: tuple[str, str, str] | tuple[str, str, str, str]) -> tuple[Sentence, ...]:
    """The sentences of a place: text, requirements and rows by blanks, and perhaps what differs."""
    return tuple(
        Sentence(f"{place}.{k}", text, tuple(ids.split()), tuple(rows.split()), *differs)
        for k, (text, ids, rows, *differs) in enumerate(sentences, 1)
    )


COMPONENTS = (
    *_of(
        "A",
        (
            "RDFE and FFE are the way from the user to the fabric.",
            "R-A1 R-A3",
            "user:request_deploy rdfe:forward_deploy ffe:command_deploy",
        ),
        (
            "RDFE is the public interface behind the portal, the Service Management API, Visual Studio and MMC, and "
            "every request of a user goes through it.",
            "R-A1",
            "rdfe:request_deploy rdfe:request_stop rdfe:request_change_configuration rdfe:request_update_package "
            "rdfe:request_reboot rdfe:request_reimage",
        ),
        ("FFE turns what RDFE asks into commands of the fabric.", "R-A4", "ffe:command_deploy ffe:command_stop"),
        (
            "Every request of RDFE reaches the fabric controller by FFE.",
            "R-A3",
            "rdfe:forward_deploy ffe:forward_deploy",
        ),
    ),
    *_of(
        "B",
        (
            "The fabric controller maintains and monitors the resources of the data centre.",
            "R-B1",
            "placement:report_ready placement:host_fails placement:restart_host_agent placement:free_cores_found",
        ),
        (
            "It gives the host agents guest OS version, service package, service configuration and service state.",
            "R-B2",
            "placement:package_and_configuration_copied placement:deploy_guest placement:order_package "
            "placement:order_configuration placement:order_stop",
        ),
    ),
    *_of(
        "C",
        ("The host agent lives on the host OS.", "R-C1", "host_agent:deploy_guest host_agent:host_fails"),
        ("It sets the guest OS up.", "R-C1", "host_agent:deploy_guest host_agent:start_guest"),
        (
            "It brings the role to its goal state by talking to the guest agent.",
            "R-C2",
            "host_agent:deliver_configuration host_agent:deliver_package host_agent:deliver_stop",
        ),
        (
            "It checks heartbeats with the guest agent.",
            "R-C3",
            "host_agent:heartbeat_answered guest_agent:heartbeat_answered",
        ),
        (
            "Ten minutes without an answer: it restarts the guest OS.",
            "R-C4",
            "host_agent:restart_guest guest_os:restart_guest",
        ),
    ),
    *_of(
        "C2",
        ("WaAppAgent installs WindowsAzureGuestAgent.exe.", "R-C2.1", "wa_app_agent:install_guest_agent"),
        ("WaAppAgent configures it.", "R-C2.1", "wa_app_agent:configure_guest_agent"),
        ("WaAppAgent updates it.", "R-C2.1", "wa_app_agent:update_guest_agent"),
    ),
    *_of(
        "D",
        ("The guest agent opens the firewall.", "R-D1", "guest_agent:configure_firewall"),
        ("It sets ACLs.", "R-D1", "guest_agent:configure_acls"),
        ("It creates the LocalStorage resources.", "R-D1", "guest_agent:create_local_storage"),
        ("It puts service package and configuration in place.", "R-D1", "guest_agent:set_up_package"),
        ("It installs the certificates.", "R-D1", "guest_agent:install_certificates"),
        ("It sets up the SID of the account that the role runs under.", "R-D2", "guest_agent:set_up_account"),
        (
            "It tells the fabric the role's status.",
            "R-D3",
            "guest_agent:report_ready guest_agent:report_not_ready placement:report_ready placement:report_not_ready",
        ),
        ("It starts WaHostBootstrapper.", "R-D4", "guest_agent:start_bootstrapper"),
        (
            "It monitors WaHostBootstrapper, so that the role is in its goal state.",
            "R-D4",
            "guest_agent:bootstrapper_exits guest_agent:bootstrapper_crashes guest_agent:stop_role",
        ),
    ),
    *_of(
        "E",
        ("WaHostBootstrapper reads the role's configuration.", "R-E1", "host_bootstrapper:read_role_configuration"),
        (
            "It starts all tasks and processes that the role needs.",
            "R-E1",
            "host_bootstrapper:start_task_0 host_bootstrapper:start_iis_configurator host_bootstrapper:start_iis_host",
        ),
        (
            "It monitors all its child processes.",
            "R-E2",
            "host_bootstrapper:host_exits host_bootstrapper:iis_configurator_fails",
        ),
        (
            "It raises StatusCheck on the role's host process.",
            "R-E3",
            "host_bootstrapper:status_check host_bootstrapper:handler_sets_busy "
            "host_bootstrapper:status_check_unanswered",
        ),
    ),
    *_of(
        "F",
        (
            "IISConfigurator runs when the role is a full-IIS web role.",
            "R-F1",
            "iis_configurator:start_iis_configurator",
        ),
        ("It does not run for a web role in HWC mode.", "R-F1", "model.instance:AFTER_TASKS"),
        ("It starts the standard IIS services.", "R-F2", "iis_configurator:start_iis_services"),
        (
            "It configures the rewrite module for the web configuration.",
            "R-F3",
            "iis_configurator:configure_rewrite_module",
        ),
        ("It sets up the AppPool for the sites of the service model.", "R-F4", "iis_configurator:set_up_app_pool_0"),
        ("It points IIS logging to the DiagnosticStore folder.", "R-F5", "iis_configurator:redirect_iis_logging"),
        ("It sets permissions and ACLs.", "R-F6", "iis_configurator:set_permissions"),
        ("The web site lies in sitesroot\\0 of the role's drive.", "R-F7", "iis_configurator:set_up_app_pool_0"),
        (
            "The AppPool points to that place.",
            "R-F7",
            "iis_configurator:set_up_app_pool_0 iis_configurator:set_up_app_pool_1",
        ),
    ),
    *_of(
        "G",
        ("Startup tasks are defined by the role model.", "R-G1", "host_bootstrapper:read_startup_tasks"),
        ("WaHostBootstrapper starts them.", "R-G1", "host_bootstrapper:start_task_0 startup_task_0:start_task_0"),
        (
            "A background task is started, and the bootstrapper goes on to the next at once.",
            "R-G2",
            "host_bootstrapper:start_task_0 startup_task_3:start_task_3",
        ),
        (
            "A simple task, the default, has to end with exit code 0 before the next one is started.",
            "R-G3",
            "host_bootstrapper:task_2_succeeds host_bootstrapper:task_2_fails",
        ),
    ),
    *_of(
        "H",
        ("Plugins come with the SDK, and the .csdef imports them.", "R-H1", "model.deployment.plugins:expand_tasks"),
        ("They expand into startup tasks.", "R-H1", "startup_task_0:start_task_0 startup_task_1:start_task_1"),
        (
            "DiagnosticsAgent and RemoteAccessAgent define two each: an ordinary one, and one with /blockStartup.",
            "R-H2",
            "model.deployment.plugins:REMOTE_ACCESS model.deployment.plugins:DIAGNOSTICS_PAIR "
            "startup_task_0:task_0_initialised",
        ),
        (
            "The ordinary one is a background task, so that it can run while the role itself runs.",
            "R-H2 R-H4",
            "startup_task_0:start_task_0 startup_task_0:task_0_initialised startup_task_0:task_0_ends",
        ),
        (
            "The /blockStartup one is a simple task, so that the bootstrapper waits for its end.",
            "R-H2 R-H3",
            "startup_task_1:task_1_succeeds host_bootstrapper:task_1_succeeds",
        ),
        (
            "It waits until the ordinary one has initialised, then exits, and the bootstrapper goes on.",
            "R-H3",
            "startup_task_0:task_1_succeeds startup_task_1:task_1_succeeds",
        ),
        (
            "So diagnostics and remote access are configured before the role's processes start.",
            "R-H4",
            "startup_task_0:task_0_initialised host_bootstrapper:startup_tasks_done",
        ),
        (
            "And they go on after the bootstrapper is done with the startup tasks.",
            "R-H4",
            "startup_task_0:task_0_initialised startup_task_0:bootstrapper_exits",
        ),
    ),
    *_of(
        "I",
        ("WaWorkerHost is the standard host process of a worker role.", "R-I1", "worker_host:start_worker_host"),
        (
            "It hosts the role's DLLs and its entry point, such as OnStart and Run.",
            "R-I1",
            "worker_host:entry_point_loaded worker_host:on_start_called worker_host:run_invoked",
        ),
    ),
    *_of(
        "J",
        ("WaWebHost is the standard host process of a web role in HWC mode.", "R-J1", "web_host:start_web_host"),
        ("A role gets this mode by leaving <Sites> out of the .csdef.", "R-J1", "model.deployment.service:RoleKind"),
        (
            "All code and DLLs of the service run in WaWebHost.",
            "R-J1",
            "web_host:entry_point_loaded web_host:client_request",
        ),
        ("w3wp is not used.", "R-J1", "model.instance:AFTER_TASKS"),
        (
            "There are no AppPools in IIS Manager, as IIS is hosted inside WaWebHost.",
            "R-J1",
            "model.instance:AFTER_TASKS",
        ),
    ),
    *_of(
        "K",
        ("WaIISHost is the host process of the entry point of a full-IIS web role.", "R-K1", "iis_host:start_iis_host"),
        (
            "It loads the first DLL that implements RoleEntryPoint.",
            "R-K1",
            "iis_host:entry_point_loaded iis_host:entry_point_missing",
        ),
        (
            "It runs that class's OnStart, Run and OnStop.",
            "R-K1",
            "iis_host:on_start_called iis_host:run_invoked iis_host:on_stop_called",
        ),
        (
            "RoleEnvironment events subscribed in that class, such as StatusCheck and Changed, are raised in it.",
            "R-K2",
            "iis_host:status_check iis_host:changed_raised",
        ),
    ),
    *_of(
        "L",
        ("w3wp is the standard IIS worker process of a full-IIS role.", "R-L1", "w3wp:w3wp_started"),
        ("It runs the AppPool that IISConfigurator configured.", "R-L1", "w3wp:sites_configured w3wp:w3wp_started"),
        (
            "RoleEnvironment events subscribed there, such as StatusCheck and Changed, are raised in it.",
            "R-L2",
            "w3wp:status_check_in_w3wp w3wp:changed_raised_in_w3wp",
        ),
        (
            "Subscribed in both processes, they are raised in both.",
            "R-L2",
            "host_bootstrapper:status_check_in_w3wp host_bootstrapper:changed_raised_in_w3wp",
        ),
    ),
)
"""Components A to L."""

STEPS = (
    *_of(
        "1",
        (
            "A user asks: uploads .cspkg and .cscfg, stops, changes the configuration, and so on.",
            "R-1",
            "user:request_deploy user:request_stop user:request_change_configuration",
        ),
        ("The portal or a tool that uses the Service Management API sends it.", "R-1 R-A1", "user:request_deploy"),
        ("RDFE does all work that has to do with the subscription.", "R-1 R-A2", "rdfe:subscription_work_done"),
        ("RDFE hands the request to FFE.", "R-1", "rdfe:forward_deploy ffe:forward_deploy"),
    ),
    *_of(
        "2",
        (
            "FFE finds the right pool of machines by affinity group or geographic location.",
            "R-2",
            "ffe:pool_found",
            "The choice itself is left out: pools are not told apart, since nothing that follows depends on which one "
            "it is. That there may be none is modelled, with the option capacity=may_run_out.",
        ),
        (
            "FFE also asks the fabric what is available.",
            "R-2",
            "ffe:pool_found",
            "Free cores are not counted: with the option capacity=may_run_out any deployment may find no pool or no "
            "cores, and the user is told so.",
        ),
        (
            "FFE talks to the master fabric controller of that pool.",
            "R-2",
            "ffe:command_deploy fabric_controller:command_deploy",
        ),
    ),
    *_of(
        "3",
        (
            "The fabric controller finds a host with free CPU cores, or spins up a new host.",
            "R-3",
            "placement:free_cores_found placement:host_spun_up",
        ),
        ("Package and configuration are copied to the host.", "R-3", "placement:package_and_configuration_copied"),
        (
            "The fabric controller tells the host agent on the host OS to deploy.",
            "R-3",
            "placement:deploy_guest host_agent:deploy_guest",
        ),
        ("That includes DIPs, ports and the guest OS.", "R-3", "placement:deploy_guest rotation:deploy_guest"),
    ),
    *_of(
        "4",
        (
            "The host agent starts the guest OS.",
            "R-4",
            "host_agent:start_guest guest_os:start_guest guest_os:guest_booted",
        ),
        ("It talks to the guest agent.", "R-4", "host_agent:heartbeat_answered host_agent:deliver_configuration"),
        (
            "Heartbeats check that the role works towards its goal state.",
            "R-4",
            "host_agent:heartbeat_answered host_agent:tick",
        ),
    ),
    *_of(
        "5",
        (
            "The guest agent sets the guest OS up: firewall, ACLs, LocalStorage and so on.",
            "R-5 R-D1",
            "guest_agent:configure_firewall guest_agent:configure_acls guest_agent:create_local_storage",
        ),
        ("It copies a new XML configuration file to C:\\Config.", "R-5", "guest_agent:copy_configuration"),
        ("Then it starts WaHostBootstrapper.", "R-5", "guest_agent:start_bootstrapper"),
    ),
    *_of(
        "6",
        ("Full IIS: WaHostBootstrapper starts IISConfigurator.", "R-6", "host_bootstrapper:start_iis_configurator"),
        (
            "It tells IISConfigurator to delete the role's existing AppPools.",
            "R-6",
            "host_bootstrapper:delete_app_pools iis_configurator:app_pools_deleted w3wp:app_pools_deleted",
        ),
    ),
    *_of(
        "7",
        (
            "WaHostBootstrapper reads the startup tasks from E:\\RoleModel.xml.",
            "R-7",
            "host_bootstrapper:read_startup_tasks",
        ),
        ("It starts to run them.", "R-7", "host_bootstrapper:start_task_0"),
        (
            "It waits until every simple one has ended with success.",
            "R-7",
            "host_bootstrapper:task_2_succeeds host_bootstrapper:startup_tasks_done",
        ),
    ),
    *_of(
        "8",
        (
            "Full IIS: it has IISConfigurator configure the AppPool.",
            "R-8",
            "host_bootstrapper:configure_sites iis_configurator:configure_sites",
        ),
        ("The site points to E:\\Sitesroot\\<index>.", "R-8", "iis_configurator:set_up_app_pool_0"),
        ("The index counts the sites of the service from 0.", "R-8", "iis_configurator:set_up_app_pool_1"),
    ),
    *_of("9", ("WaHostBootstrapper starts the host process of the role's type.", "R-9", "model.instance:STARTS")),
    *(
        sentence
        for place, host, event, requirement in (
            ("9.1", "worker_host", "start_worker_host", "R-9.1"),
            ("9.2", "web_host", "start_web_host", "R-9.2"),
            ("9.3", "iis_host", "start_iis_host", "R-9.3"),
        )
        for sentence in _of(
            place,
            (
                "The host process of this kind of role is started.",
                requirement,
                f"host_bootstrapper:{event} {host}:{event}",
            ),
            (
                "WaHostBootstrapper has it run OnStart.",
                "R-9",
                f"host_bootstrapper:on_start_called {host}:on_start_called",
            ),
            (
                "After OnStart has returned, WaHostBootstrapper has it run Run.",
                "R-9",
                f"host_bootstrapper:on_start_returned {host}:on_start_returned host_bootstrapper:run_invoked",
            ),
            (
                "At the same time WaHostBootstrapper marks the role Ready.",
                "R-9",
                f"host_bootstrapper:role_ready {host}:role_ready guest_agent:role_ready",
            ),
            (
                "The role enters the load balancer's rotation"
                + (", if it has InputEndpoints." if place == "9.1" else "."),
                "R-9",
                "rotation:enter_rotation model.instance:RECORDS",
            ),
            (
                "Then WaHostBootstrapper checks the role's status in a loop.",
                "R-9 R-E3",
                f"host_bootstrapper:status_check {host}:status_check",
            ),
        )
    ),
    *_of(
        "9.2 web",
        ("WaWebHost issues the warm-up request GET /do.__rd_runtime_init__.", "R-9.2", "web_host:warm_up_requested"),
        ("WaWebHost gets every web request.", "R-9.2", "web_host:client_request"),
    ),
    *_of(
        "10",
        ("Full IIS: an incoming web request makes IIS start w3wp.", "R-10", "w3wp:client_request w3wp:w3wp_started"),
        ("w3wp serves the request, as IIS does anywhere.", "R-10", "w3wp:request_served"),
    ),
)
"""Steps 1 to 10."""

LOGS = _of(
    "log",
    (
        "AppAgentRuntime.log has what changes for the service: starts, stops, new configurations.",
        "R-LOG1",
        "properties.log_files:ENTRIES",
    ),
    ("It may have long gaps while nothing changes.", "R-LOG1", "properties.log_files:ENTRIES"),
    (
        "WaAppAgent.log has status and heartbeats and is written every 2 to 3 seconds.",
        "R-LOG2",
        "properties.log_files:ENTRIES",
        "The place is data; the pace is not modelled: the model's smallest time is a minute, and a heartbeat each "
        "minute is enough to tell 10 minutes of silence.",
    ),
    (
        "It has the history of the instance's status and tells why the instance is not Ready.",
        "R-LOG2",
        "properties.log_files:ENTRIES",
    ),
    ("The place of WaHostBootstrapper.log.", "R-LOG3", "properties.log_files:ENTRIES"),
    ("The place of WaWebHost.log.", "R-LOG4", "properties.log_files:ENTRIES"),
    ("The place of WaIISHost.log.", "R-LOG5", "properties.log_files:ENTRIES"),
    ("The place of IISConfigurator.log.", "R-LOG6", "properties.log_files:ENTRIES"),
    ("The place of the IIS logs.", "R-LOG7", "properties.log_files:ENTRIES"),
    ("The place of the Windows event logs.", "R-LOG8", "properties.log_files:ENTRIES"),
)
"""The list of log files."""

DOCUMENT = (*COMPONENTS, *STEPS, *LOGS)
"""Every sentence, in the document's order."""
